"""Small pieces that several groups of settings share."""

from onetrainer_clone.settings import Choice, Settings, setting, when


class Dtype(Choice):
    FP32 = "FP32", "float32", "Exact; twice the memory of the 16-bit types."
    FP16 = "FP16", "float16", "Half the memory; small range, so training needs loss scaling (done for you)."
    BF16 = "BF16", "bfloat16", "Half the memory; full range, coarse steps. RTX 30 series and later."


class Unit(Choice):
    NEVER = "NEVER", "never"
    STEPS = "STEPS", "steps"
    EPOCHS = "EPOCHS", "epochs"
    MINUTES = "MINUTES", "minutes"


class Every(Settings):
    """How often something happens during a run."""

    unit: Unit = setting(Unit.NEVER, "Every", "Counted in steps, epochs or minutes; 'never' turns it off.", basic=True)
    amount: int = setting(
        1, "Amount", "So many of the unit lie between.", ge=1, basic=True,
        when=when("unit", Unit.STEPS, Unit.EPOCHS, Unit.MINUTES),
    )  # fmt: skip


class StopUnit(Choice):
    NEVER = "NEVER", "never"
    STEPS = "STEPS", "steps"
    EPOCHS = "EPOCHS", "epochs"


class StopAfter(Settings):
    """When a part is left as it is while the others go on."""

    unit: StopUnit = setting(StopUnit.NEVER, "After", "Counted in steps or epochs; 'never' trains it to the end.")
    amount: int = setting(
        1, "Amount", "After so many of them nothing of this changes any more.", ge=1, le=100_000_000,
        when=when("unit", StopUnit.STEPS, StopUnit.EPOCHS),
    )  # fmt: skip

    def over(self, step: int, epoch: int) -> bool:
        """Whether a step (from 1) of an epoch (from 0) leaves the part as it is."""
        match self.unit:
            case StopUnit.STEPS:
                return step > self.amount
            case StopUnit.EPOCHS:
                return epoch >= self.amount
        return False

    def __str__(self) -> str:
        return f"after {self.amount:,} {self.unit.label}" if self.unit is not StopUnit.NEVER else "never"
