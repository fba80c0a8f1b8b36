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
