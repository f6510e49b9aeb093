"""Models with random weights, made and saved by the real transformers."""

import json
import os
import shutil

import torch
import transformers

CONFIGS = {
    "random-gqa": {
        "hidden_size": 96, "intermediate_size": 200, "num_hidden_layers": 6,
        "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 16,
        "tie_word_embeddings": False, "rope_theta": 500000.0,
        "rope_scaling": {"rope_type": "llama3", "factor": 8.0,
                         "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                         "original_max_position_embeddings": 64}},
    "random-mha": {
        "hidden_size": 64, "intermediate_size": 112, "num_hidden_layers": 4,
        "num_attention_heads": 4, "num_key_value_heads": 4,
        "tie_word_embeddings": True},
}


def name_rope_as_before(file_name):
    """Also where transformers 4 looks for it."""
    with open(file_name, encoding="utf-8") as file:
        config = json.load(file)
    rope = dict(config["rope_parameters"])
    config["rope_theta"] = rope.pop("rope_theta")
    config["rope_scaling"] = rope if rope["rope_type"] != "default" else None
    with open(file_name, "w", encoding="utf-8") as file:
        json.dump(config, file)


def make(name, tokenizer_folder, num_pieces, folder):
    """A folder as save_pretrained leaves it, in shards, with a tokenizer; the
    embedding has 7 rows more than the tokenizer pieces."""
    torch.manual_seed(5)
    config = transformers.LlamaConfig(
        vocab_size=num_pieces + 7, max_position_embeddings=256,
        initializer_range=0.08, bos_token_id=1, eos_token_id=2,
        **CONFIGS[name])
    out = os.path.join(folder, name)
    transformers.LlamaForCausalLM(config).save_pretrained(
        out, max_shard_size="200KB")
    name_rope_as_before(os.path.join(out, "config.json"))
    shutil.copy(os.path.join(tokenizer_folder, "tokenizer.model"), out)
    return out
