"""Files of settings that other people's programs wrote: JSON, TOML and YAML, as plain data."""

import json
import tomllib
from pathlib import Path
from typing import Any

import yaml

from onetrainer_clone.paths import require_regular
from onetrainer_clone.settings import UserError

SUFFIXES = (".json", ".toml", ".yaml", ".yml")
_LARGEST_BYTES = 64 * 2**20


def read(path: Path) -> Any:
    """What a JSON, TOML or YAML file holds. Raises UserError where it is damaged or of another kind."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UserError(f"'{path}' is a file of another kind: choose a .json, .toml or .yaml file, or a folder")
    try:
        if require_regular(path) > _LARGEST_BYTES:
            raise UserError(f"'{path}' is larger than {_LARGEST_BYTES // 2**20} MiB: that is no file of settings")
        text = path.read_text(encoding="utf-8-sig")
        if suffix == ".json":
            return json.loads(text)
        return tomllib.loads(text) if suffix == ".toml" else yaml.safe_load(text)
    except OSError as error:
        raise UserError(f"'{path}' cannot be read: {error.strerror or error}") from None
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise UserError(f"'{path}' is damaged: {' '.join(str(error).split())[:200]}") from None
