"""telephone numbers of older submissions in the form in which they are searched

The search text of a submission ends in the digits of E.164 of the numbers in its text. Submissions
of earlier releases have only what was written. The rules are a copy of those of this release for
numbers with a zero or 84 before them; the texts themselves do not change.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_PAGE = 500
_WRITTEN = re.compile(r"(?<![\d+])(?:\+?84|0084|[0o])(?:[ \t.()/_\-]{0,3}[\do]){8,12}(?![\do])")
_NUMBER = re.compile(r"(?:0084|84|0)0?(?P<number>[2-9]\d{8,9}|1\d{9})")
# Mobile numbers of eleven digits have ten since 2018.
_FORMER_MOBILES = {
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
    "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37", "168": "38",
    "169": "39", "186": "56", "188": "58", "199": "59",
}  # fmt: skip
_submission = sa.table("submission", sa.column("id", sa.BigInteger), sa.column("folded", sa.Text))


def upgrade() -> None:
    connection = op.get_bind()
    after = 0
    while True:
        page = connection.execute(
            sa.select(_submission.c.id, _submission.c.folded)
            .where(_submission.c.id > after)
            .order_by(_submission.c.id)
            .limit(_PAGE)
        ).all()
        if not page:
            return
        for number, folded in page:
            missing = [each for each in _list_numbers(folded) if each not in folded]
            if missing:
                connection.execute(
                    sa.update(_submission)
                    .where(_submission.c.id == number)
                    .values(folded="\n".join([folded, *missing]))
                )
        after = page[-1].id


def _list_numbers(folded: str) -> list[str]:
    """Return the digits of E.164 of the numbers in a folded text, each once, in order."""
    found: dict[str, None] = {}
    for written in _WRITTEN.findall(folded):
        digits = re.sub(r"\D", "", written.replace("o", "0"))
        match = _NUMBER.fullmatch(digits)
        if match is None:
            continue
        number = match["number"]
        if number.startswith("1"):
            if number[:3] not in _FORMER_MOBILES:
                continue
            number = _FORMER_MOBILES[number[:3]] + number[3:]
        if len(number) == 9 or number.startswith("2"):
            found[f"84{number}"] = None
    return list(found)
