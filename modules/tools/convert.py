"""A model, LoRA or embedding for other programs, or in another type."""

from pathlib import Path

from modules.checkpoints.embedding_file import embedding_metadata, read_embedding, save_embedding
from modules.checkpoints.lora import read_lora
from modules.tools.lora_files import save_lora_file, stored_dtype
from modules.tools.models import read_model, write_model
from onetrainer_clone.events import Progressed, Saved
from onetrainer_clone.families import Family, family_of
from onetrainer_clone.paths import resolve
from onetrainer_clone.safetensors_header import read_header
from onetrainer_clone.session import Controls, Emit
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.saving import EmbeddingLayout, LoraLayout, ModelLayout
from onetrainer_clone.tools import Convert, Form, StoredAs

_LORA = {Form.ORIGINAL: LoraLayout.KOHYA, Form.DIFFUSERS: LoraLayout.DIFFUSERS}
_EMBEDDING = {Form.ORIGINAL: EmbeddingLayout.SAFETENSORS, Form.DIFFUSERS: EmbeddingLayout.DIFFUSERS}
_EMBEDDING |= {Form.PT: EmbeddingLayout.PT}

_MODEL = {Form.ORIGINAL: ModelLayout.SINGLE_FILE, Form.DIFFUSERS: ModelLayout.DIFFUSERS}


def convert(tool: Convert, emit: Emit, controls: Controls) -> None:
    """Raises UserError for files that are none of the three, and for forms that they do not have."""
    emit(Progressed("loading"))
    path = resolve(tool.source)
    match _kind(path):
        case Family.LORA:
            _convert_lora(tool, path, emit)
        case Family.EMBEDDING:
            _convert_embedding(tool, path, emit)
        case _:
            _convert_model(tool, emit, controls)


def _kind(path: Path) -> Family | None:
    """A LoRA or an embedding; None for what is to be read as a model."""
    if path.suffix.lower() == ".safetensors":
        family = family_of(read_header(path).shapes)
        return Family.EMBEDDING if family is Family.UNKNOWN else family
    if path.suffix.lower() in (".pt", ".bin"):
        return Family.EMBEDDING
    return None


def _convert_lora(tool: Convert, path: Path, emit: Emit) -> None:
    if tool.form not in _LORA:
        raise UserError(f"a LoRA has no '{tool.form.label}' file: choose '{Form.ORIGINAL.label}'")
    lora = read_lora(path)
    dtypes = {tensor.dtype for layer in lora.modules.values() for tensor in layer.values()}
    dtype = stored_dtype(dtypes, tool.dtype, "the LoRA")
    save_lora_file(tool.target, lora, _LORA[tool.form], dtype, lora.metadata, emit)


def _convert_embedding(tool: Convert, path: Path, emit: Emit) -> None:
    vectors = read_embedding(path)
    target, family = resolve(tool.target), Family.SDXL if "text_encoder_2" in vectors else Family.SD15
    wanted = StoredAs.FP32 if tool.dtype is StoredAs.KEEP and tool.form is Form.PT else tool.dtype
    dtype = stored_dtype({tensor.dtype for tensor in vectors.values()}, wanted, "the embedding")
    emit(Progressed("saving"))
    about = {**embedding_metadata(family), "modelspec.title": target.stem}
    save_embedding(target, vectors, _EMBEDDING[tool.form], about, tool.token or path.stem, dtype)
    emit(Saved(0, str(target), final=True))


def _convert_model(tool: Convert, emit: Emit, controls: Controls) -> None:
    if tool.form not in _MODEL:
        raise UserError(f"a model has no '{tool.form.label}' file: choose '{Form.ORIGINAL.label}'")
    model = read_model(tool.source, tool.vae, tool.dtype, emit)
    write_model(tool.target, model, _MODEL[tool.form], tool.dtype, {}, emit, controls)
