"""What one run holds: made once from the state, before the first step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from accelerate import Accelerator
from torch.optim import Optimizer

from modules.checkpoints.load import load_model
from modules.data.cache import Latents, Texts, views_of
from modules.data.room import make_room
from modules.memory import full_in_words
from modules.methods import NewWords, Trained, make
from modules.models.base import Model
from modules.objective import EmbedText
from modules.optim.ema import Ema
from modules.optim.optimizers import make_optimizer, require_optimizer
from onetrainer_clone import device, plan
from onetrainer_clone.advice import WHILE_LOADING, out_of_memory, while_caching
from onetrainer_clone.dataset import Folder, Picture
from onetrainer_clone.epoch import with_trigger
from onetrainer_clone.events import Cached, Logged, Progressed, Warned
from onetrainer_clone.paths import shown
from onetrainer_clone.session import Controls, Emit
from onetrainer_clone.settings import Invalid, Problem
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Role
from onetrainer_clone.state.embedding import new_words
from onetrainer_clone.state.method import NEW_WORDS
from onetrainer_clone.state.optimizer import learning_rates

NAMED_LEFT_OUT = 500  # files in the log


@dataclass(frozen=True)
class Run:
    """The parts of a run and the two ways out of it: `emit` and `controls`."""

    state: TrainingState
    plan: plan.Plan
    folders: Sequence[Folder]
    accelerator: Accelerator
    model: Model
    latents: Latents
    embed: EmbedText
    trained: Trained
    optimizer: Optimizer
    ema: Ema | None
    emit: Emit
    controls: Controls

    @property
    def training(self) -> list[Folder]:
        return [folder for folder in self.folders if folder.concept.role is not Role.VALIDATION]

    @property
    def validation(self) -> list[Folder]:
        return [folder for folder in self.folders if folder.concept.role is Role.VALIDATION]


def prepare(state: TrainingState, accelerator: Accelerator, emit: Emit, controls: Controls) -> Run:
    """Look, load, cache, and set up what is trained. Raises `Invalid` for what can only be known now."""
    emit(Progressed("scanning"))
    folders: Sequence[Folder] = plan.find(state)
    planned = plan.make_plan(state, folders)
    plan.require(planned)
    require_optimizer(state)
    emit(Progressed("loading"))
    with full_in_words("loading the model", WHILE_LOADING):
        model = load_model(state.model, lambda message: emit(Warned(message)))
        _check_sizes(state, model)
        model.to(accelerator.device)
        words = NewWords(model, state) if new_words(state) else None
    latents = Latents(model, state.cache_folder, state.training.background)
    with full_in_words("encoding the pictures", while_caching(state)):
        folders, planned, encoded = _fill(state, folders, planned, latents, emit, controls)
    for problem in dict.fromkeys((*device.problems(state, accelerator.device.type != "cpu"), *planned.problems)):
        note = problem.severity == "note"
        emit(Logged(problem.message, note, problem.path) if note else Warned(problem.message, problem.path))
    _name_left_out(folders, emit)
    with full_in_words("encoding the captions", WHILE_LOADING):
        embed = model.encode_text if words else _text(state, model, folders, emit, controls)
    _limit_cache(state, emit)
    emit(Cached(encoded, sum(len(folder.pictures) for folder in folders)))
    if accelerator.device.type != "cpu":
        model.vae.to("cpu")  # it is needed again only for samples; that is a tenth of the memory
    emit(Progressed("preparing"))
    with full_in_words("setting up the training", out_of_memory(state, planned)):
        trained, optimizer, ema = _trainable(state, model, accelerator, words)
    for remark in trained.remarks:
        emit(Logged(remark, note=True))
    return Run(
        state, planned, folders, accelerator, model, latents, embed, trained, optimizer, ema, emit, controls
    )  # fmt: skip


def _check_sizes(state: TrainingState, model: Model) -> None:
    if message := state.training.step_problem(model.vae_factor):
        raise Invalid([Problem("training.bucket_step", message)])


def _fill(
    state: TrainingState,
    folders: Sequence[Folder],
    planned: plan.Plan,
    latents: Latents,
    emit: Emit,
    controls: Controls,
) -> tuple[Sequence[Folder], plan.Plan, int]:
    """Cache the latents. Returns what is left of the folders and the plan, and how many views were encoded.

    Pictures that turn out to be damaged are left out and named; the others are then seen more often, maybe in other
    variants, so it is planned and filled again. Raises `Invalid` where too many are damaged.
    """
    total = 0
    while True:
        views = [view for folder in folders for view in views_of(state, folder, planned.epochs, latents.model.inpaints)]
        encoded, broken = latents.fill(views, emit, controls)
        total += encoded
        if not broken:
            break
        folders = [_without(folder, dict(broken)) for folder in folders]
        planned = plan.make_plan(state, folders)
        plan.require(planned)
    if latents.store.write_failures:
        emit(
            Warned(f"The cache in {latents.store.folder} cannot be written: pictures are encoded anew in the next run")
        )
    return folders, planned, total


def _name_left_out(folders: Sequence[Folder], emit: Emit) -> None:
    """The plan's warnings name the first few; the log has them all, up to a number that nobody would read."""
    gone = [(folder.concept.name, key, why) for folder in folders for key, why in folder.left_out]
    for name, key, why in gone[:NAMED_LEFT_OUT]:
        emit(Logged(f"{name}: {shown(key)} is left out: {why}"))
    if len(gone) > NAMED_LEFT_OUT:
        emit(
            Logged(
                f"{len(gone) - NAMED_LEFT_OUT:,} more are left out; the plan (python3 launch.py plan) names them all"
            )
        )


def _limit_cache(state: TrainingState, emit: Emit) -> None:
    """Keep the cache within its limit; said where something had to go, or where this run alone needs more."""
    limit = state.saving.cache_limit_gib
    try:
        room = make_room(state.cache_folder, round(limit * 2**30))
    except OSError as error:
        return emit(
            Warned(f"The size of the cache in {state.cache_folder} cannot be limited: {error.strerror or error}")
        )
    if room.removed:
        emit(
            Logged(
                f"The cache was beyond its limit: {room.removed:,} entries were removed that were not used for longest"
            )
        )
    if limit and room.bytes > limit * 2**30:
        size = f"takes {room.bytes / 2**30:.1f} GiB, above its limit of {limit:g}"
        emit(
            Warned(
                f"The cache {size}: the runs that go on need all of it. Raise the limit, or use fewer image variants"
            )
        )


def _without(folder: Folder, broken: dict[Picture, str]) -> Folder:
    gone = [(picture.key, broken[picture]) for picture in folder.pictures if picture in broken]
    kept = tuple(picture for picture in folder.pictures if picture not in broken)
    return replace(folder, pictures=kept, left_out=(*folder.left_out, *gone))


def _text(state: TrainingState, model: Model, folders: Sequence[Folder], emit: Emit, controls: Controls) -> EmbedText:
    """How token ids become embeddings: through the encoder that is trained, or else from the cache."""
    if any(part in model.text_encoders for part in learning_rates(state)):
        return model.encode_text
    texts = Texts(model, state.cache_folder)
    captions = {
        with_trigger(folder.concept, text)
        for folder in folders
        if not folder.concept.shuffle_tags
        for picture in folder.pictures
        for text in picture.captions
    }
    texts.fill(captions | {""}, emit, controls)
    return lambda tokens: texts.embed(tokens.cpu()).to(model.device)


def _trainable(
    state: TrainingState, model: Model, accelerator: Accelerator, words: NewWords | None
) -> tuple[Trained, Optimizer, Ema | None]:
    trained = make(model, state, words)
    if state.training.gradient_checkpointing:
        model.unet.enable_gradient_checkpointing()  # type: ignore[operator]
        for name, text_encoder in model.text_encoders.items():
            if name in trained.parts or NEW_WORDS in trained.parts:
                text_encoder.activation_checkpointing_enable({"use_reentrant": False})  # type: ignore[operator]
                text_encoder.train()  # transformers saves memory in this mode alone; CLIP has no drop-out
    groups = [
        {"params": list(group.parameters), "lr": group.rate, "name": group.name}
        | ({} if group.decays else {"weight_decay": 0.0})
        for group in trained.groups
    ]
    optimizer: Optimizer = accelerator.prepare(make_optimizer(state, groups))
    for part in trained.parts.keys() & model.parts.keys():
        model.parts[part].train()
        accelerator.prepare(model.parts[part])
    settings = state.training.ema
    ema = Ema(trained.parameters, settings.decay, settings.every) if settings.enabled else None
    return trained, optimizer, ema
