"""The tokenizer of a folder as its own library reads it."""

import os

import sentencepiece
import tokenizers

from ours import read_json


class ReferenceTokenizer:
    """tokenizer.model by SentencePiece, else tokenizer.json by tokenizers."""

    def __init__(self, folder):
        path = os.path.join(folder, "tokenizer.model")
        self.pieces = self.json = None
        if os.path.exists(path):
            self.pieces = sentencepiece.SentencePieceProcessor(
                model_file=os.path.realpath(path))
            self.size = self.pieces.get_piece_size()
            self.bos, self.eos = self.pieces.bos_id(), self.pieces.eos_id()
            return
        self.json = tokenizers.Tokenizer.from_file(
            os.path.join(folder, "tokenizer.json"))
        self.size = self.json.get_vocab_size()
        names = read_json(folder, "tokenizer_config.json")
        self.bos, self.eos = (
            self.json.token_to_id(names[name]) if names[name] else None
            for name in ("bos_token", "eos_token"))

    def has_all_bytes(self):
        """If not, llama.cpp aborts on characters that no piece has."""
        return not self.pieces or self.pieces.is_byte(
            self.pieces.piece_to_id("<0x00>"))

    def merges_spaces(self):
        """llama.cpp has no such SentencePiece: it keeps runs of spaces."""
        return bool(self.pieces) and (self.pieces.encode("a  b") ==
                                      self.pieces.encode("a b"))

    def encode(self, text):
        """With what texts begin with."""
        if self.pieces:
            return [self.bos] + self.pieces.encode(text)
        return self.json.encode(text).ids
