// Trains the small world's SentencePiece tokeniser: byte-pair merges with room
// for every word of the world as one piece, so that stories stay short.
//
// One thread at a time: SentencePiece's log level is global.
#ifndef RANKADAPTOR_EXPERIMENTS_TINYWORLD_TOKENIZE_TRAIN_TOKENIZER_H_
#define RANKADAPTOR_EXPERIMENTS_TINYWORLD_TOKENIZE_TRAIN_TOKENIZER_H_

#include <string>

#include "rankadaptor/common/result.h"

namespace rankadaptor::tinyworld {

// The bytes of tokenizer.model for `text`, one document a line; the same text
// gives the same bytes. kInternal: SentencePiece's reason, e.g. too little
// text.
Result<std::string> TrainTokenizer(const std::string& text);

}  // namespace rankadaptor::tinyworld

#endif  // RANKADAPTOR_EXPERIMENTS_TINYWORLD_TOKENIZE_TRAIN_TOKENIZER_H_
