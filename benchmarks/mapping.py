"""How often the mapping engine is right, and how fast: ``python benchmarks/mapping.py [--ablate] [--confusions] [--fit]``.

The data are 283 real stage names (``benchmarks/data/stages_dev.csv``), labelled by two people independently: a row is
``sure`` where both were, ``ambiguous`` where they differ. With ``--ablate`` an entry of the lexicon that no other name
of the file supports is switched off for the name at hand, and the calibration is fitted on the other four folds: the
figures are then close to those of names that the lexicon's authors have not seen. Every share comes with its 95 % Wilson bounds.
"""

from __future__ import annotations

import argparse
import csv
import gc
import math
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import attrs

from amocrm_sync.mapping import Calibration, Lexicon, MappingEngine, Stage, Status, Suggestion
from amocrm_sync.mapping.index import Entry, default_lexicon
from amocrm_sync.mapping.judge import judge
from amocrm_sync.mapping.lexicon import ENTRIES
from amocrm_sync.mapping.reading import Reader
from amocrm_sync.mapping.text import words

DATA = Path(__file__).parent / "data" / "stages_dev.csv"
FOLDS = 5
SILENT = {
    "ALTA": "a discharge",
    "Encaminhar para vendedor": "a handover",
    "Tratado pela IA": "treated by a bot",
    "Выдано": "handed out",
    "Оплачено · доступ выдан": "paid",
    "Отзыв получен": "a review",
    "Venda": "a sale, going on or done",
    "tratamento concluído": "finished",
    "TRATAMENTO CANCELADO": "cancelled",
}
"""Closed stages whose names do not say won, lost, refused or spam; only the id tells, and without it they do not count."""

KEYWORDS = {
    "NEW": ("нов", "заявк", "вход", "неразобр", "new", "incoming", "nov", "entrada", "nuev", "yangi", "yeni"),
    "CLOSED": (
        "успеш",
        "закры",
        "отказ",
        "won",
        "lost",
        "closed",
        "ganho",
        "perdid",
        "fechad",
        "ganad",
        "imtina",
    ),
}
"""The keyword list that hosts usually write: the first part of a word that is found decides."""


@attrs.frozen
class Row:
    """One labelled stage."""

    stage: Stage
    language: str
    label: str
    sureness: str

    @property
    def key(self) -> str:
        """The name as the engine reads it: two spellings of one name are one name."""
        return " ".join(words(self.stage.name)) or self.stage.name

    @property
    def fold(self) -> int:
        return zlib.crc32(self.key.encode()) % FOLDS


@attrs.frozen
class Answer:
    """A row with what was answered."""

    row: Row
    status: str
    confidence: float
    rule: str = ""

    @property
    def right(self) -> bool:
        return self.status == self.row.label


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ablate", action="store_true", help="switch off what only the row itself supports")
    parser.add_argument("--confusions", action="store_true", help="list every wrong answer")
    parser.add_argument("--fit", action="store_true", help="print the calibration fitted on the whole file")
    options = parser.parse_args()
    rows = load()
    if options.fit:
        print(fit(strengths(rows, ablation(rows))))
        return
    ask = ablated(rows) if options.ablate else plain
    without_ids = [attrs.evolve(row, stage=Stage(row.stage.name)) for row in rows]
    by_id, by_name = ask(rows), ask(without_ids)
    print(
        f"{len(rows)} stages, {'ablated, calibration fitted on the other folds' if options.ablate else 'as shipped'}\n"
    )
    table(rows, by_id)
    details(by_id, by_name)
    if options.ablate:
        strict = ablated(rows, strictly=True)
        strictly(strict(rows), strict(without_ids))
    if options.confusions:
        confusions(by_id, by_name)
    speed()


def load() -> list[Row]:
    with DATA.open(encoding="utf-8") as file:
        return [
            Row(
                Stage(
                    line["name"],
                    *(int(line[field]) if line[field] else None for field in ("id", "type", "sort")),
                ),
                line["language"],
                line["label"],
                line["label_confidence"],
            )
            for line in csv.DictReader(file)
        ]


def plain(rows: Sequence[Row]) -> list[Answer]:
    engine = MappingEngine()
    return [answer(engine, row) for row in rows]


def answer(engine: MappingEngine, row: Row) -> Answer:
    suggestion: Suggestion = engine.suggest([row.stage])[0]
    return Answer(row, suggestion.suggested_status, suggestion.confidence, suggestion.rule)


def ablated(rows: Sequence[Row], *, strictly: bool = False) -> Callable[[Sequence[Row]], list[Answer]]:
    without = ablation(rows, strictly=strictly)
    fitted = [fit(strengths([row for row in rows if row.fold != fold], without)) for fold in range(FOLDS)]

    def ask(asked: Sequence[Row]) -> list[Answer]:
        return [
            answer(MappingEngine(calibration=fitted[row.fold], without=without[row.stage.name]), row)
            for row in asked
        ]

    return ask


def ablation(rows: Sequence[Row], *, strictly: bool = False) -> dict[str, frozenset[Entry]]:
    """Return, for every name, the entries that no other row of the file supports.

    An entry counts for a name in every spelling: as written, in other letters, or by a slip of the keyboard once
    everything above it is gone. So a lexicon gains nothing by holding a word twice, or with a misprint. What is left
    is other words: those of the same name, and relatives of the lost one, by a cognate ("muerto" for "morto"), a
    prefix ("sucesso" for "insucesso"), a form of the same verb ("logró" for "logrado"). An entry is supported by
    another row only where it stands as itself; a likeness in another name supports nothing.

    Args:
        rows: The file.
        strictly: Switch the relatives off as well.
    """
    reader = Reader(default_lexicon())
    support = Counter(entry for row in rows for entry in reader.entries(row.stage.name, related=False))
    return {
        row.stage.name: frozenset(
            entry
            for entry in reader.reachable(row.stage.name, related=strictly)
            if support[entry] <= (entry in reader.entries(row.stage.name, related=False))
        )
        for row in rows
    }


def strengths(rows: Iterable[Row], without: dict[str, frozenset[Entry]]) -> list[tuple[float, bool]]:
    """Return the uncalibrated strength of every name and whether it was right: what a calibration is fitted on."""
    lexicon = default_lexicon()
    verdicts = (
        (row, judge(Reader(lexicon, without[row.stage.name]).read(row.stage.name)))
        for row in rows
        if row.stage.id not in {142, 143}
    )
    return [(verdict.strength, verdict.status == row.label) for row, verdict in verdicts]


def fit(pairs: Sequence[tuple[float, bool]]) -> Calibration:
    """Fit slope and shift by logistic regression, with a weak pull towards leaving the strength as it is."""
    slope, shift, pull = 1.0, 0.0, 2.0
    odds = [math.log(strength / (1 - strength)) for strength, _ in pairs]
    for _ in range(50):
        g0, g1, h00, h01, h11 = pull * (slope - 1), pull * shift, pull, 0.0, pull
        for x, (_, right) in zip(odds, pairs, strict=True):
            p = 1 / (1 + math.exp(-(slope * x + shift)))
            g0, g1 = g0 + (p - right) * x, g1 + (p - right)
            weight = p * (1 - p)
            h00, h01, h11 = h00 + weight * x * x, h01 + weight * x, h11 + weight
        determinant = h00 * h11 - h01 * h01
        slope -= (h11 * g0 - h01 * g1) / determinant
        shift -= (h00 * g1 - h01 * g0) / determinant
    return Calibration(round(slope, 3), round(shift, 3))


def keyword_list(rows: Sequence[Row]) -> list[Answer]:
    def guess(name: str) -> str:
        found = [status for status, parts in KEYWORDS.items() for part in parts if part in name.lower()]
        return found[0] if found else "IN_PROGRESS"

    return [Answer(row, guess(row.stage.name), 1.0) for row in rows]


def majority(rows: Sequence[Row]) -> list[Answer]:
    return [Answer(row, "IN_PROGRESS", 1.0) for row in rows]


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    if not total:
        return 0.0, 1.0
    share = right / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (middle - spread) / (1 + z * z / total), (middle + spread) / (1 + z * z / total)


def share(answers: Sequence[Answer]) -> str:
    right = sum(item.right for item in answers)
    low, high = wilson(right, len(answers))
    value = right / len(answers) if answers else 0.0
    return f"{value:.3f} [{low:.3f}, {high:.3f}] {right:>3}/{len(answers):<3}"


def of(answers: Sequence[Answer], *sureness: str) -> list[Answer]:
    return [item for item in answers if item.row.sureness in sureness]


def table(rows: Sequence[Row], engine: Sequence[Answer]) -> None:
    systems = {"engine": engine, "keyword list": keyword_list(rows), "majority": majority(rows)}
    lines: dict[str, Callable[[Sequence[Answer]], list[Answer]]] = {
        "sure": lambda a: of(a, "sure"),
        "sure + likely": lambda a: of(a, "sure", "likely"),
        "ambiguous": lambda a: of(a, "ambiguous"),
    }
    for status in Status:
        lines[f"  {status}, sure"] = lambda a, s=status: [x for x in of(a, "sure") if x.row.label == s]
        lines[f"  {status}, sure + likely"] = lambda a, s=status: [
            x for x in of(a, "sure", "likely") if x.row.label == s
        ]
    print(f"{'accuracy':<28}" + "".join(f"{name:<32}" for name in systems))
    for line, choose in lines.items():
        print(f"{line:<28}" + "".join(f"{share(choose(answers)):<32}" for answers in systems.values()))


def details(by_id: Sequence[Answer], by_name: Sequence[Answer]) -> None:
    closed = [x for x in of(by_name, "sure", "likely") if x.row.label == "CLOSED"]
    print(f"\n{'ids taken away':<44}{share(of(by_name, 'sure'))} sure")
    print(f"{'  names that say won, lost, refused, spam':<44}{share(telling(by_name))}")
    print(f"{'  every closed name':<44}{share(closed)}")
    for name, answers in (("with ids", by_id), ("ids taken away", by_name)):
        for sureness in (("sure", "likely"), ("sure", "likely", "ambiguous")):
            chosen = of(answers, *sureness)
            confident = [x for x in chosen if x.confidence >= 0.9]
            print(
                f"\n{name}, {' + '.join(sureness)}:\n  precision at ≥ 0.9     {share(confident)}"
                f"\n  coverage at ≥ 0.9      {len(confident) / len(chosen):.3f}"
                f"\n  calibration error      {calibration_error(chosen):.3f}"
            )


def telling(answers: Sequence[Answer]) -> list[Answer]:
    """Return the closed stages whose names say so."""
    return [
        x for x in of(answers, "sure", "likely") if x.row.label == "CLOSED" and x.row.stage.name not in SILENT
    ]


def strictly(by_id: Sequence[Answer], by_name: Sequence[Answer]) -> None:
    print(
        "\nstrictly (related words switched off as well: what nothing but the row itself could teach is lost):"
    )
    for status in Status:
        chosen = [x for x in of(by_id, "sure") if x.row.label == status]
        print(f"  {f'{status}, sure':<42}{share(chosen)}")
    print(
        f"  {'sure':<42}{share(of(by_id, 'sure'))}\n  {'sure + likely':<42}{share(of(by_id, 'sure', 'likely'))}"
    )
    print(f"  {'without ids, names that say won, lost, …':<42}{share(telling(by_name))}")


def calibration_error(answers: Sequence[Answer], bins: int = 10) -> float:
    grouped: dict[int, list[Answer]] = {}
    for item in answers:
        grouped.setdefault(min(int(item.confidence * bins), bins - 1), []).append(item)
    return sum(
        abs(sum(x.right for x in group) - sum(x.confidence for x in group)) for group in grouped.values()
    ) / len(answers)


def confusions(by_id: Sequence[Answer], by_name: Sequence[Answer]) -> None:
    for name, answers in (("with ids", by_id), ("ids taken away", by_name)):
        print(f"\nwrong, {name}")
        for x in answers:
            if not x.right:
                print(
                    f"  {x.row.stage.name!r:<45}{x.row.language:<4}{x.row.sureness:<10}"
                    f"{x.row.label:<12}→ {x.status:<12}{x.confidence:.2f} {x.rule}"
                )


def speed(count: int = 10_000) -> None:
    """Print the CPU time of 10,000 stages in pipelines of 20, with the names of the file and with names of their own."""
    names = [row.stage.name for row in load()]
    started = time.process_time()
    Lexicon(ENTRIES)
    print(f"\nbuilding the lexicon, once per process: {time.process_time() - started:.2f} s of CPU")
    engine = MappingEngine()
    gc.collect()
    gc.freeze()  # what the benchmark itself left behind is not to be searched at the engine's expense
    for title, name in (
        ("named as in the file", lambda n: names[n % len(names)]),
        ("every name different", lambda n: f"{names[n % len(names)]} {_word(n)}"),
    ):
        stages = [Stage(name(n), id=1000 + n, sort=n, pipeline_id=n // 20) for n in range(count)]
        started = time.process_time()
        engine.suggest(stages)
        seconds = time.process_time() - started
        print(f"{count:,} stages, {title}: {seconds:.2f} s of CPU, {1e6 * seconds / count:.0f} µs each")


def _word(number: int) -> str:
    """A pronounceable word of no language, so that every name holds one that is unknown."""
    syllables = ["ba", "ke", "li", "mo", "nu", "pra", "sti", "vor", "zul", "gan"]
    return "".join(syllables[int(digit)] for digit in f"{number:04d}")


if __name__ == "__main__":
    main()
