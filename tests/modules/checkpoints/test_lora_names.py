"""The names of LoRA layers against the live modules and against kohya's rules, written out here once more."""

import pytest
from torch import nn

from modules.checkpoints.live_names import names_of
from onetrainer_clone.families import Family
from onetrainer_clone.lora_names import DOWN, MAGNITUDE, SUFFIXES, UP, LoraNames, known_names, names_in
from tests.modules.checkpoints.loras import targets
from tests.modules.checkpoints.tiny import CONFIGS, FOLDERS, full_parts
from tests.modules.small import demo_model

SD15, SDXL = (known_names()[0], known_names()[1])
ATTENTION = [f"{block}_{layer}" for block in ("attn1", "attn2") for layer in ("to_q", "to_k", "to_v", "to_out_0")]
INNER = [*ATTENTION, "ff_net_0_proj", "ff_net_2"]
TEXT = [*(f"self_attn_{layer}_proj" for layer in "qkv"), "self_attn_out_proj", "mlp_fc1", "mlp_fc2"]


def transformer(place: str, depth: int) -> list[str]:
    blocks = [f"{place}_transformer_blocks_{i}_{inner}" for i in range(depth) for inner in INNER]
    return [f"{place}_proj_in", *blocks, f"{place}_proj_out"]


def text(prefix: str, layers: int) -> list[str]:
    return [f"{prefix}_text_model_encoder_layers_{i}_{inner}" for i in range(layers) for inner in TEXT]


def sd15_by_rule() -> set[str]:
    places = [f"down_blocks_{i}_attentions_{j}" for i in (0, 1, 2) for j in (0, 1)]
    places += ["mid_block_attentions_0", *(f"up_blocks_{i}_attentions_{j}" for i in (1, 2, 3) for j in (0, 1, 2))]
    return {f"lora_unet_{name}" for place in places for name in transformer(place, 1)} | set(text("lora_te", 12))


def sdxl_by_rule() -> set[str]:
    places = {**{f"input_blocks_{i}_1": 2 for i in (4, 5)}, **{f"input_blocks_{i}_1": 10 for i in (7, 8)}}
    places |= {"middle_block_1": 10, **{f"output_blocks_{i}_1": 10 if i < 3 else 2 for i in range(6)}}
    unet = {f"lora_unet_{name}" for place, depth in places.items() for name in transformer(place, depth)}
    return unet | set(text("lora_te1", 12)) | set(text("lora_te2", 32))


def sdxl_convs_by_rule() -> set[str]:
    found = []
    for i in (1, 2, 4, 5, 7, 8):
        found += [f"input_blocks_{i}_0_{layer}" for layer in ("in_layers_2", "out_layers_3", "emb_layers_1")]
    found += [f"input_blocks_{i}_0_skip_connection" for i in (4, 7)] + [f"input_blocks_{i}_0_op" for i in (3, 6)]
    found += [f"middle_block_{i}_{layer}" for i in (0, 2) for layer in ("in_layers_2", "out_layers_3", "emb_layers_1")]
    for i in range(9):
        layers = ("in_layers_2", "out_layers_3", "emb_layers_1", "skip_connection")
        found += [f"output_blocks_{i}_0_{layer}" for layer in layers]
    return {f"lora_unet_{name}" for name in (*found, "output_blocks_2_2_conv", "output_blocks_5_2_conv")}


@pytest.mark.parametrize(
    ("family", "unet", "convs", "texts"), [(Family.SD15, 192, 278, 72), (Family.SDXL, 722, 788, 264)]
)
def test_kohyas_names_of_what_it_adapts_are_exactly_those_of_its_rules(
    family: Family, unet: int, convs: int, texts: int
) -> None:
    names, models = known_names()[0 if family is Family.SD15 else 1], full_parts(family)
    plain = [names.kohya(address) for address in targets(models, convs=False, text=True)]
    more = [names.kohya(address) for address in targets(models, convs=True, text=True)]
    assert len(plain) == len(set(plain)) == unet + texts
    assert len(more) == len(set(more)) == convs + texts
    assert set(plain) == (sd15_by_rule() if family is Family.SD15 else sdxl_by_rule())
    if family is Family.SDXL:
        assert set(more) - set(plain) == sdxl_convs_by_rule()


@pytest.mark.parametrize("family", [Family.SD15, Family.SDXL])
def test_the_table_knows_every_linear_layer_and_convolution_of_the_live_model(family: Family) -> None:
    models = full_parts(family)
    del models["vae"]
    live = {
        (part, path if part == "unet" or path.startswith("text_") else f"text_model.{path}")
        for part, model in models.items()
        for path, module in model.named_modules()
        if isinstance(module, nn.Linear | nn.Conv2d)
    }
    assert set(names_of(models).originals) == live
    assert names_of(models).originals == names_in(CONFIGS / FOLDERS[family], family).originals


def test_the_demo_model_is_known_too() -> None:
    model = demo_model()
    assert names_of(model.parts).originals == known_names()[2].originals


@pytest.mark.parametrize("names", known_names(), ids=["sd15", "sdxl", "demo"])
def test_every_spelling_of_every_layer_is_read_as_this_layer(names: LoraNames) -> None:
    seen = set()
    for address in names.originals:
        part, path = address
        kohya = names.kohya(address)
        seen.add(kohya)
        prefix = kohya[: kohya.index("_", len("lora_")) + 1]
        spelt = [f"{prefix}{path.replace('.', '_')}", f"{prefix}{path.removeprefix('text_model.').replace('.', '_')}"]
        for name in (kohya, *spelt):
            for suffix in SUFFIXES:
                assert names.parse(f"{name}.{suffix}") == (address, suffix)
        for dotted in (f"{part}.{path}", f"{part}.{path.removeprefix('text_model.')}"):
            for ending, suffix in {"lora_A.weight": DOWN, "lora_B.weight": UP, "lora.down.weight": DOWN}.items():
                assert names.parse(f"{dotted}.{ending}") == (address, suffix)
    assert len(seen) == len(names.originals)


@pytest.mark.parametrize(
    ("key", "path", "suffix"),
    [
        ("unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.down.weight", "to_q", DOWN),
        ("unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.up.weight", "to_out.0", UP),
        ("mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_v_lora.up.weight", "to_v", UP),
        ("unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_k.lora_magnitude_vector", "to_k", MAGNITUDE),
        ("unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_k.alpha", "to_k", "alpha"),
    ],
)
def test_old_spellings_of_the_unet(key: str, path: str, suffix: str) -> None:
    expected = (("unet", f"mid_block.attentions.0.transformer_blocks.0.attn1.{path}"), suffix)
    assert SD15.parse(key) == expected
    assert SDXL.parse(key) == expected


@pytest.mark.parametrize(
    "key",
    [
        "text_encoder.text_model.encoder.layers.3.self_attn.to_q_lora.down.weight",
        "text_encoder.text_model.encoder.layers.3.self_attn.q_proj.lora_linear_layer.down.weight",
        "text_encoder.encoder.layers.3.self_attn.q_proj.lora_A.weight",
        "lora_te1_text_model_encoder_layers_3_self_attn_q_proj.lora_down.weight",
        "lora_te_encoder_layers_3_self_attn_q_proj.lora_down.weight",
    ],
)
def test_old_spellings_of_the_text_encoder(key: str) -> None:
    assert SDXL.parse(key) == (("text_encoder", "text_model.encoder.layers.3.self_attn.q_proj"), DOWN)


@pytest.mark.parametrize(
    "key",
    [
        "lora_unet_down_blocks_3_attentions_0_proj_in.lora_down.weight",  # SD 1.5 has no attention there
        "lora_unet_mid_block_attentions_0_proj_in.weight",
        "lora_te_text_model_encoder_layers_12_mlp_fc1.lora_down.weight",
        "unet.mid_block.attentions.0.norm.lora_A.weight",
        "text_encoder_2.text_model.encoder.layers.0.mlp.fc1.lora_A.weight",
        "bundle_emb.sks.clip_l",
        "",
    ],
)
def test_what_sd15_does_not_have_is_not_known(key: str) -> None:
    assert SD15.parse(key) is None
