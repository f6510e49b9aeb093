"""What the real programs make of the files, in fp32 on the CPU: for each list
of ids the logits of all positions."""

import os

import gguf
import llama_cpp
import numpy
import peft
import torch
import transformers

from ours import Failure, read_json, run

HERE = os.path.dirname(os.path.abspath(__file__))


def load(folder):
    return transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()


@torch.no_grad()
def logits_of(model, ids):
    return [model(input_ids=torch.tensor([one])).logits[0] for one in ids]


def in_transformers(folder, ids):
    return logits_of(load(folder), ids)


def in_peft(model_folder, adapter, ids):
    return logits_of(peft.PeftModel.from_pretrained(
        load(model_folder), adapter).eval(), ids)


class OldPeft:
    """peft 0.6.0, in a process of its own (old_peft.py)."""

    def __init__(self, python, packages, folder):
        self.python = python
        self.packages = packages
        self.folder = folder

    def logits(self, model_folder, adapter, ids, ids_file):
        out = os.path.join(self.folder, "old_peft.npy")
        run(["env", "PYTHONPATH=" + self.packages, self.python,
             os.path.join(HERE, "old_peft.py"), model_folder, adapter,
             ids_file, out])
        return torch.from_numpy(numpy.load(out)).split([len(i) for i in ids])


def in_llama_cpp(folder, ids):
    """Keys and values in fp32, as everything else here."""
    model = llama_cpp.Llama(os.path.join(folder, "model.gguf"), n_ctx=256,
                            n_batch=256, n_threads=1, logits_all=True,
                            type_k=llama_cpp.GGML_TYPE_F32,
                            type_v=llama_cpp.GGML_TYPE_F32, verbose=False)
    logits = []
    for one in ids:
        model.reset()
        model.eval(one)
        logits.append(torch.from_numpy(
            numpy.array(model.scores[:len(one)], dtype=numpy.float32)))
    model.close()
    return logits


def llama_cpp_text(folder, texts, length):
    """The ids of each text, and what follows the first, greedily."""
    model = llama_cpp.Llama(os.path.join(folder, "model.gguf"), n_ctx=256,
                            n_threads=1, type_k=llama_cpp.GGML_TYPE_F32,
                            type_v=llama_cpp.GGML_TYPE_F32, verbose=False)
    prompts = [model.tokenize(text.encode(), add_bos=True) for text in texts]
    ids = []
    for token in model.generate(prompts[0], temp=0.0, top_k=1,
                                repeat_penalty=1.0):
        if len(ids) == length or token == model.token_eos():
            break
        ids.append(token)
    model.close()
    return prompts, ids


@torch.no_grad()
def greedy_in_transformers(folder, prompt_ids, length):
    """Greedy ids after a prompt; stops before EOS."""
    model = load(folder)
    eos = read_json(folder, "config.json")["eos_token_id"]
    ids = list(prompt_ids)
    while len(ids) < len(prompt_ids) + length:
        token = model(input_ids=torch.tensor([ids])).logits[0, -1].argmax()
        if token.item() == eos:
            break
        ids.append(token.item())
    return ids[len(prompt_ids):]


def check_container(folder):
    """The gguf package reads every field and tensor."""
    reader = gguf.GGUFReader(os.path.join(folder, "model.gguf"))
    architecture = reader.fields["general.architecture"].contents()
    layers = reader.fields[architecture + ".block_count"].contents()
    number = next(arch for arch, name in gguf.MODEL_ARCH_NAMES.items()
                  if name == architecture)
    known = gguf.get_tensor_name_map(number, layers)
    names = {name for _, name in known.mapping.values()}
    for tensor in reader.tensors:
        name = tensor.name.removesuffix(".weight").removesuffix(".bias")
        if name not in names or not numpy.isfinite(tensor.data).all():
            raise Failure(f"{folder}: gguf does not know {tensor.name}")
    return architecture
