"""Where the files that travel with Wenju lie: the encoder and the seed articles.

In a checkout they stand beside the packages (`models/`, `seeds/`), in a wheel below `index/_shipped/`.
"""

from pathlib import Path

_WHEEL = Path(__file__).with_name("_shipped")
_CHECKOUT = Path(__file__).parent.parent
ENCODER_NAME = "wenju-bilingual"


def _first(*candidates: Path) -> Path:
    return next((path for path in candidates if path.is_dir()), candidates[-1])


def seeds() -> Path:
    """The folder of the five shipped articles."""
    return _first(_WHEEL / "seeds", _CHECKOUT / "seeds")


def encoder() -> Path:
    """The folder of the shipped bilingual encoder."""
    return _first(_WHEEL / "models" / ENCODER_NAME, _CHECKOUT / "models" / ENCODER_NAME)
