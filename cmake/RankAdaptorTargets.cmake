# How this project declares its targets.
#
#   rankadaptor_library(<name> SOURCES ... [PUBLIC ...] [PRIVATE ...]
#                       [COMPONENT ...])
#     static library `<name>` with the alias rankadaptor::<name>; its public
#     headers are in ./include of the folder that declares it. Installed, if it
#     belongs to a component of find_package(RankAdaptor) (see Install.cmake).
#   rankadaptor_executable(<name> SOURCES ... LINKS ...)
#   rankadaptor_test(<name> SOURCES ... LINKS ... LABELS ...)
#     a GoogleTest binary; each of its tests is one CTest test.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# For programs too, so that all units can share one precompiled header.
add_compile_options(-fPIC)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# Units that see ATen take over a gigabyte each: at most two at a time.
set_property(GLOBAL APPEND PROPERTY JOB_POOLS torch_units=2)

add_library(rankadaptor_flags INTERFACE)
# Designated initialisers may leave members at their defaults.
target_compile_options(rankadaptor_flags INTERFACE
                       -Wall -Wextra -Wno-missing-field-initializers)
if(RANKADAPTOR_WERROR)
  target_compile_options(rankadaptor_flags INTERFACE -Werror)
endif()
# GCC 12 reports false positives inside std::string and tl::expected at -O2.
target_compile_options(
  rankadaptor_flags
  INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-maybe-uninitialized>
            $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
if(RANKADAPTOR_SANITIZE)
  add_compile_options(-fsanitize=${RANKADAPTOR_SANITIZE}
                      -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${RANKADAPTOR_SANITIZE})
endif()

function(rankadaptor_library name)
  cmake_parse_arguments(ARG "" "COMPONENT" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(
      ${name}
      PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
      PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(
      ${name}
      PUBLIC ${ARG_PUBLIC}
      PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:rankadaptor_flags>)
    target_compile_features(${name} PUBLIC cxx_std_20)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(
      ${name} INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>)
    target_link_libraries(${name} INTERFACE ${ARG_PUBLIC})
    target_compile_features(${name} INTERFACE cxx_std_20)
  endif()
  add_library(rankadaptor::${name} ALIAS ${name})
  if(ARG_COMPONENT)
    rankadaptor_install_library(${name} ${ARG_COMPONENT})
  endif()
endfunction()

function(rankadaptor_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} rankadaptor_flags)
endfunction()

function(rankadaptor_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  rankadaptor_executable(${name} SOURCES ${ARG_SOURCES}
                         LINKS ${ARG_LINKS} GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                           "${CMAKE_BINARY_DIR}/tests")
  gtest_discover_tests(
    ${name}
    DISCOVERY_TIMEOUT 600
    PROPERTIES LABELS "${ARG_LABELS}"
               SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]"
    EXTRA_ARGS --gtest_color=no)
endfunction()
