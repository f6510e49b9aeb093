// The words of the small world. Each is meant to become one piece of the
// tokeniser, so the lists are short and no word is the beginning of another.
#ifndef RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_VOCABULARY_H_
#define RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_VOCABULARY_H_

#include <array>
#include <string_view>

namespace rankadaptor::tinyworld {

inline constexpr std::array<std::string_view, 16> kFirstNames = {"Ann",
                                                                 "Ben",
                                                                 "Cleo",
                                                                 "Dan",
                                                                 "Eva",
                                                                 "Finn",
                                                                 "Gus",
                                                                 "Hana",
                                                                 "Ivan",
                                                                 "Jane",
                                                                 "Kim",
                                                                 "Leo",
                                                                 "Mia",
                                                                 "Nora",
                                                                 "Omar",
                                                                 "Pia"};
inline constexpr std::array<std::string_view, 9> kLastNames = {
    "Hill", "Lake", "Stone", "Wood", "Field", "Brook", "Park", "Rose", "Dale"};
inline constexpr std::array<std::string_view, 8> kTowns = {
    "Oslo", "Rome", "Lima", "Cairo", "Delhi", "Kyiv", "Paris", "Quito"};
inline constexpr std::array<std::string_view, 8> kJobs = {"baker",
                                                          "doctor",
                                                          "farmer",
                                                          "pilot",
                                                          "singer",
                                                          "teacher",
                                                          "painter",
                                                          "sailor"};
inline constexpr std::array<std::string_view, 8> kColours = {
    "red", "blue", "green", "white", "black", "pink", "brown", "grey"};
inline constexpr std::array<std::string_view, 8> kFoods = {
    "bread", "rice", "soup", "cake", "cheese", "plums", "beans", "corn"};
// A plural is the singular with an s.
inline constexpr std::array<std::string_view, 8> kAnimals = {
    "cat", "dog", "bird", "horse", "goat", "hen", "frog", "cow"};
inline constexpr std::array<std::string_view, 16> kThings = {"ball",
                                                             "cup",
                                                             "box",
                                                             "hat",
                                                             "book",
                                                             "key",
                                                             "lamp",
                                                             "coat",
                                                             "drum",
                                                             "fork",
                                                             "rope",
                                                             "coin",
                                                             "shoe",
                                                             "kite",
                                                             "ring",
                                                             "bell"};
inline constexpr std::array<std::string_view, 12> kPlaces = {"hall",
                                                             "shop",
                                                             "barn",
                                                             "yard",
                                                             "school",
                                                             "kitchen",
                                                             "garden",
                                                             "tower",
                                                             "cellar",
                                                             "market",
                                                             "harbour",
                                                             "forest"};
inline constexpr std::array<std::string_view, 9> kNumbers = {
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight"};

}  // namespace rankadaptor::tinyworld

#endif  // RANKADAPTOR_EXPERIMENTS_TINYWORLD_GENERATE_VOCABULARY_H_
