"""Azure OpenAI: the lines of OpenAI, in a file that begins with a byte order mark.

https://learn.microsoft.com/azure/foundry/openai/how-to/fine-tuning
"""

from dataclasses import replace

from tuneset.core.exporter import Files, Rule, Status
from tuneset.exporters.openai import OpenAI

_GUIDE = "https://learn.microsoft.com/azure/foundry/openai/how-to/fine-tuning"
_VISION = "https://learn.microsoft.com/azure/foundry/openai/how-to/fine-tuning-vision"

BOM = b"\xef\xbb\xbf"


class Azure(OpenAI):
    """As `OpenAI`; Microsoft asks for UTF-8 with a byte order mark, takes more images and stays open."""

    name = "azure"
    version = 1
    status: Status = "active"
    status_reason = "files above 100 MB need the chunked Uploads API: the plain upload fails at job time"
    last_verified = "2026-11-23"
    files = Files(min_examples=10, max_bytes=512 * 2**20, head=BOM)
    most_images = 64
    rules = (
        *(
            replace(
                rule,
                link=_VISION if rule.id.startswith("images.") else _GUIDE,
                why="an example shows at most 64 images" if rule.id == "images.most" else rule.why,
            )
            for rule in OpenAI.rules
        ),
        Rule(
            "file.bom",
            "the file begins with a byte order mark",
            _GUIDE,
            "save it as UTF-8 with BOM; `tuneset export` and `check --fix` write one",
            level="warning",
        ),
    )
