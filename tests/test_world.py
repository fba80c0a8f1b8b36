"""The demo world: its pictures can be read, its model follows captions, and its scores mean something."""

import math
import random
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.world import evaluate, pipeline, scores
from tests.world.captions import Facts, facts_of, full_caption, named_captions, random_caption
from tests.world.drawing import BACKGROUNDS, COLOURS, Canvas, Picture, Rgb
from tests.world.make_concepts import CLASS_CAPTION, random_facts
from tests.world.make_tokenizer import WORDS, learn_merges
from tests.world.parsing import components, parse
from tests.world.scenes import Scene, random_scene, render
from tests.world.subject import SUBJECT_CAPTION, render_subject, subject_parts, subject_pictures, subject_score

if TYPE_CHECKING:
    from diffusers import StableDiffusionPipeline

DEMO_CONCEPTS = pipeline.DEMO / "concepts"
CLASS_BIASED = Path(__file__).parent / "world" / "concepts" / "class_biased"


def random_scenes(n: int, seed: int = 77) -> list[Scene]:
    rng = random.Random(seed)
    return [random_scene(rng) for _ in range(n)]


def circle(colour: str, background: str, radius: float = 15) -> Picture:
    canvas = Canvas(BACKGROUNDS[background])
    canvas.shape("circle", 32, 32, radius, COLOURS[colour])
    return canvas.picture()


def read_pairs(folder: Path) -> tuple[list[Picture], list[str]]:
    files = sorted(folder.glob("*.png"))
    captions = [file.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n") for file in files]
    return [np.asarray(Image.open(file)) for file in files], captions


# The world: scenes, captions and what can be read off a picture


def test_a_scene_is_drawn_the_same_every_time() -> None:
    first, again = (np.stack([render(scene) for scene in random_scenes(40)]) for _ in range(2))
    assert np.array_equal(first, again)
    assert len({picture.tobytes() for picture in first}) == 40


def test_the_first_scene_of_a_seed_never_changes() -> None:
    """The pictures that the model was trained on are seeds, not files."""
    (scene,) = random_scenes(1)
    assert (scene.x_px, scene.y_px, scene.radius_px) == pytest.approx((24.3680, 24.2625, 17.3929), abs=1e-4)
    assert full_caption(scene) == "a red square on a white background"
    assert render(scene)[[0, 24], [0, 24]].tolist() == [[244, 248, 242], [220, 36, 38]]


def test_a_full_caption_names_every_fact_of_its_scene() -> None:
    for scene in random_scenes(200):
        wanted = Facts(scene.shape, scene.colour, scene.background, scene.position)
        assert facts_of(full_caption(scene)) == wanted


def test_a_random_caption_leaves_facts_out_and_invents_none() -> None:
    rng = random.Random(1)
    found = [(scene, facts_of(random_caption(scene, rng))) for scene in random_scenes(400)]
    assert all(facts.colour in (None, scene.colour) for scene, facts in found)
    assert all(facts.background in (None, scene.background) for scene, facts in found)
    assert all(facts.position in (None, scene.position) for scene, facts in found)
    assert np.mean([facts.colour is None for _, facts in found]) == pytest.approx(0.15, abs=0.06)
    assert np.mean([facts.background is None for _, facts in found]) == pytest.approx(0.30, abs=0.08)


def test_facts_are_read_off_rendered_scenes() -> None:
    scenes = random_scenes(200)
    accuracy = evaluate.caption_accuracy([render(s) for s in scenes], [full_caption(s) for s in scenes])
    assert accuracy.all_facts >= 0.95
    assert min(accuracy.by_kind.values()) >= 0.97


@pytest.mark.parametrize(("x", "y", "wanted"), [(36, 29, "center"), (26, 33, "left"), (30, 39, "bottom")])
def test_the_center_ends_some_pixels_off_the_middle(x: float, y: float, wanted: str) -> None:
    canvas = Canvas(BACKGROUNDS["gray"])
    canvas.shape("square", x, y, 12, COLOURS["blue"])
    assert parse(canvas.picture()).facts.position == wanted


def test_a_border_is_read_beside_the_colour() -> None:
    """Not always: around a small triangle or cross it is thinner than the blur. None is read where none is drawn."""
    read = [(scene, parse(render(scene)).border) for scene in random_scenes(300)]
    assert np.mean([border == scene.border for scene, border in read if scene.border]) >= 0.8
    assert not [border for scene, border in read if border and not scene.border]


@pytest.mark.parametrize("picture", [np.full((64, 64, 3), 128, np.uint8), circle("red", "gray", radius=3)])
def test_a_picture_without_an_item_shows_its_background_alone(picture: Picture) -> None:
    assert parse(picture).facts == Facts(background="gray")
    assert subject_score(picture) == 0


def test_components_come_largest_first_and_rows_do_not_touch_at_the_rim() -> None:
    drawn = ["##..", "#..#", "#...", "..##"]
    mask = np.array([[letter == "#" for letter in row] for row in drawn])
    found = components(mask)
    assert [int(part.sum()) for part in found] == [4, 2, 1]
    assert [np.argwhere(part).tolist()[0] for part in found] == [[0, 0], [3, 2], [1, 3]]
    assert np.array_equal(np.logical_or.reduce(found), mask)


# The figures


def test_captions_of_other_pictures_are_not_followed() -> None:
    scenes = random_scenes(100)
    drawn, captions = [render(s) for s in scenes], [full_caption(s) for s in scenes]
    shuffled = random.Random(1).sample(captions, len(captions))
    accuracy = evaluate.caption_accuracy(drawn, shuffled)
    assert accuracy.all_facts <= 0.1
    assert accuracy.by_kind["colour"] == pytest.approx(1 / 6, abs=0.12)


def test_two_items_are_not_what_a_caption_of_one_says() -> None:
    canvas = Canvas(BACKGROUNDS["white"])
    canvas.shape("circle", 18, 32, 12, COLOURS["red"])
    assert evaluate.caption_accuracy([canvas.picture()], ["a red circle"]).all_facts == 1
    canvas.shape("circle", 50, 32, 10, COLOURS["red"])
    assert evaluate.caption_accuracy([canvas.picture()], ["a red circle"]).all_facts == 0


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize(("x", "y", "radius"), [(32, 32, 17), (24.3, 38.8, 14.2), (40, 27, 20)])
def test_the_subject_scores_high_wherever_it_lies(x: float, y: float, radius: float, background: str) -> None:
    assert subject_score(render_subject(x, y, radius, BACKGROUNDS[background])) > 0.85


@pytest.mark.parametrize("colour", COLOURS)
def test_a_plain_circle_is_not_the_subject(colour: str) -> None:
    plain = [circle(colour, background, radius) for background in BACKGROUNDS for radius in (11, 15, 19)]
    assert max(subject_score(picture) for picture in plain) < 0.2


@pytest.mark.parametrize(("part", "colour"), [("ring", "green"), ("core", "purple"), ("dot", "yellow")])
def test_a_part_of_another_colour_is_missed_and_the_others_are_not(part: str, colour: str) -> None:
    red: dict[str, Rgb] = {**COLOURS, colour: COLOURS["red"]}
    parts = vars(subject_parts(render_subject(32, 32, 17, BACKGROUNDS["white"], red)))
    assert parts.pop(part) < 0.05
    assert min(parts.values()) > 0.75


def test_a_subject_without_its_notch_is_missed() -> None:
    canvas = Canvas(BACKGROUNDS["white"])
    for colour, radius in (("green", 17.0), ("purple", 11.6), ("yellow", 4.1)):
        canvas.shape("circle", 32, 32, radius, COLOURS[colour])
    parts = subject_parts(canvas.picture())
    assert parts.notch < 0.05
    assert min(parts.ring, parts.core) > 0.75


def test_drift_is_a_distance() -> None:
    scenes = random_scenes(20)
    some, others = (np.stack([render(s) for s in part]) for part in (scenes[:10], scenes[10:]))
    assert evaluate.drift(some, some) == 0
    assert evaluate.drift(some, others) == evaluate.drift(others, some) > 0.05
    black, white = np.zeros((1, 64, 64, 3), np.uint8), np.full((1, 64, 64, 3), 255, np.uint8)
    assert evaluate.drift(black, white) == 1


def test_spread_counts_what_is_equally_frequent() -> None:
    one_colour = evaluate.spread([circle("cyan", background) for background in BACKGROUNDS])
    assert one_colour.colour_bits == 0
    assert one_colour.background_bits == pytest.approx(math.log2(3))
    all_colours = evaluate.spread([circle(colour, "black") for colour in COLOURS])
    assert all_colours.colour_bits == pytest.approx(math.log2(6))
    assert all_colours.background_bits == 0


def test_a_sheet_has_a_row_for_each_full_or_begun_one() -> None:
    image = evaluate.sheet([circle("red", "white")] * 5, columns=3, scale=1, gap_px=2)
    assert image.size == (3 * 68, 2 * 68)
    assert image.getpixel((34, 34)) == COLOURS["red"]
    assert image.getpixel((2 * 68 + 34, 68 + 34)) == (200, 200, 200)


# The scores of a run


def drawn_as_wished(subject: list[Picture], every: int = 1) -> scores.SampledPictures:
    """What a perfect model would draw, with these pictures for the subject."""

    def draw(captions: list[str]) -> NDArray[np.uint8]:
        wanted = [facts_of(caption) for caption in captions[::every]]
        rng = random.Random(4)
        drawn = []
        for facts in wanted:
            canvas = Canvas(BACKGROUNDS[facts.background or rng.choice(list(BACKGROUNDS))])
            colour = COLOURS[facts.colour or rng.choice(list(COLOURS))]
            canvas.shape(facts.shape or "circle", 32, 32, 15, colour)
            drawn.append(canvas.picture())
        return np.stack(drawn)

    return scores.SampledPictures(
        subject=np.stack(subject),
        class_=draw(scores.CLASS_PROMPTS),
        named=draw(scores.NAMED_PROMPTS),
        other=draw(scores.OTHER_PROMPTS),
        every=every,
    )


def test_a_perfect_run_clears_the_bars_of_the_demo_and_no_others() -> None:
    drawn = drawn_as_wished(subject_pictures())
    measured = scores.measure(drawn, drawn)
    assert measured.accuracy_named == measured.accuracy_other == 1
    assert scores.missed_bars(measured) == []
    assert [line.split()[0] for line in scores.missed_bars(measured, scores.SUBJECT_ALONE_BARS)] == ["leak"]
    assert [line.split()[0] for line in scores.missed_bars(measured, scores.PATHOLOGY_BARS)] == ["subject"]


def test_a_class_that_became_the_subject_leaks() -> None:
    base = drawn_as_wished([circle("red", "white")])
    ruined = scores.SampledPictures(
        np.stack(subject_pictures()), np.stack(subject_pictures() * 4), base.named, base.other
    )
    measured = scores.measure(ruined, base)
    assert measured.leak == pytest.approx(measured.subject)
    assert measured.drift_class > measured.drift_named == measured.drift_other == 0
    assert [line.split()[0] for line in scores.missed_bars(measured)] == ["leak", "drift_class"]
    assert scores.missed_bars(measured, scores.SUBJECT_ALONE_BARS) == []


def test_pictures_of_every_nth_prompt_are_held_against_their_like_only() -> None:
    few, all_of_them = drawn_as_wished(subject_pictures(), every=5), drawn_as_wished(subject_pictures())
    measured = scores.measure(few, few)
    assert measured.accuracy_named == measured.accuracy_other == 1
    with pytest.raises(ValueError, match="every=5"):
        scores.measure(few, all_of_them)


def test_a_bar_is_held_against_the_mean_of_the_seeds() -> None:
    drawn = drawn_as_wished(subject_pictures())
    good = scores.measure(drawn, drawn)
    bad = scores.Scores(**{**vars(good), "subject": 0.0})
    mean = scores.mean_scores([good, bad])
    assert mean.subject == good.subject / 2
    assert scores.missed_bars(bad) == ["subject is 0.000: must be at least 0.4"]
    assert scores.missed_bars(mean) == []
    no_number = scores.Scores(**{**vars(good), "leak": math.nan})
    assert scores.missed_bars(no_number) == ["leak is nan: must be at most 0.15"]


class _Recorder:
    """Stands in for a pipeline: draws black, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.scheduler: Any = object()
        self.asked: list[tuple[str, int]] = []
        self.sampling: list[tuple[str, int, float, float]] = []

    def __call__(self, prompts: list[str], *, generator: list[Any], **how: Any) -> SimpleNamespace:
        self.asked += [(prompt, each.initial_seed()) for prompt, each in zip(prompts, generator)]
        sampler = type(self.scheduler).__name__
        self.sampling.append((sampler, how["num_inference_steps"], how["guidance_scale"], how["eta"]))
        return SimpleNamespace(images=np.zeros((len(prompts), 64, 64, 3)))


def test_every_nth_prompt_keeps_its_seed_and_the_pipeline_keeps_its_sampler() -> None:
    everything, some = _Recorder(), _Recorder()
    own_sampler = some.scheduler
    scores.pictures(everything)
    scores.pictures(some, every=4)
    assert len(everything.asked) == 84
    assert len({seed for _, seed in everything.asked}) == 84
    assert len(some.asked) == 6 + 6 + 5 + 5
    assert set(some.asked) < set(everything.asked)
    assert set(some.sampling) == {("DDIMScheduler", 20, 4.0, 1.0)}
    assert some.scheduler is own_sampler


# The embedded model and the concept folders


@pytest.fixture(scope="module")
def base_model() -> "StableDiffusionPipeline":
    return pipeline.load_pipeline()


def test_the_embedded_model_follows_captions_and_does_not_know_the_subject(
    base_model: "StableDiffusionPipeline",
) -> None:
    captions = named_captions()[::6]
    assert len(captions) == 12
    drawn = pipeline.generate(base_model, [*captions, *[SUBJECT_CAPTION] * 3], range(500, 515))
    assert evaluate.caption_accuracy(drawn[:12], captions).all_facts >= 0.75
    assert evaluate.mean_subject_score(drawn[12:]) <= 0.2


def test_every_word_of_the_world_is_one_token(base_model: "StableDiffusionPipeline") -> None:
    tokenizer = base_model.tokenizer
    lengths = {word: len(tokenizer(word, add_special_tokens=False).input_ids) for word in [*WORDS, "photograph"]}
    assert lengths.pop("photograph") > 1
    assert set(lengths.values()) == {1}


def test_the_embedded_merges_are_the_learned_ones() -> None:
    lines = (pipeline.MODEL / "tokenizer" / "merges.txt").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == [" ".join(pair) for pair in learn_merges(WORDS)]


def test_the_subject_folder_is_what_the_generator_draws() -> None:
    pictures, captions = read_pairs(DEMO_CONCEPTS / "subject")
    assert np.array_equal(pictures, subject_pictures())
    assert captions == [SUBJECT_CAPTION] * 6
    assert min(subject_score(picture) for picture in pictures) > 0.85


def test_the_biased_folder_is_what_the_generator_draws() -> None:
    pictures, captions = read_pairs(CLASS_BIASED)
    biased, _ = random_facts()
    assert np.array_equal(pictures, [render(scene) for scene in biased])
    assert captions == [CLASS_CAPTION] * 100
    assert evaluate.spread(pictures) == evaluate.Spread(0, 0)


def test_the_class_folders_are_the_models_own_varied_pictures() -> None:
    plain, plain_captions = read_pairs(DEMO_CONCEPTS / "class")
    varied, varied_captions = read_pairs(DEMO_CONCEPTS / "class_varied")
    assert plain_captions == [CLASS_CAPTION] * 100
    assert varied_captions == random_facts()[1]
    assert evaluate.spread(plain).colour_bits > 2
    assert evaluate.spread(plain).background_bits > 1
    assert evaluate.mean_subject_score(plain[::4]) < 0.2
    assert evaluate.caption_accuracy(varied, varied_captions).by_kind["shape"] > 0.85
