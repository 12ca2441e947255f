"""How many decisions a second, beside other engines on the same questions, and are theirs right?

    python -m benchmarks.bench_peers

Every engine answers every request of a question, and the answers are compared with the right ones, before anything is
timed; then they take turns. Engines that are not installed are skipped and listed. The ratios say how many times
faster kms-eval is, asked one by one as a program asks it, and over columns.
"""

from __future__ import annotations

from benchmarks import questions
from benchmarks.measure import Seconds, arguments, interleaved, say, times, wrong
from benchmarks.peers import (
    adapter,
    cedarpy,
    iam_simulate,
    ministack,
    moto,
    naive_loop,
    ours_columns,
    ours_requests,
    ours_words,
    principalmapper,
    regorus,
)

OURS: tuple[adapter.Peer, ...] = (ours_words, ours_requests, ours_columns)
PEERS: tuple[adapter.Peer, ...] = (naive_loop, ministack, moto, cedarpy, iam_simulate, principalmapper, regorus)
HEADINGS = ("question", "engine", "call", "answers", "decisions a second", "kms-eval faster by", "its columns by")


def main() -> None:
    """One table over all questions and engines."""
    options = arguments(__doc__).parse_args()
    skipped = {peer.NAME: reason for peer in (*OURS, *PEERS) if (reason := peer.available()) is not None}
    engines = [peer for peer in (*OURS, *PEERS) if peer.NAME not in skipped]
    rows: list[tuple[str, ...]] = []
    for name in questions.QUESTIONS:
        rows += _measure(questions.question(name, short=options.smoke), engines, rounds=1 if options.smoke else 7)
    say("Peers", HEADINGS, rows)
    for name, reason in skipped.items():
        print(f"\nskipped: {name}: {reason}")


def _measure(question: questions.Question, engines: list[adapter.Peer], rounds: int) -> list[tuple[str, ...]]:
    verdicts: dict[str, str] = {}
    candidates: dict[str, Seconds] = {}
    for engine in engines:
        prepared = engine.prepare(question)
        answers = prepared.answers()
        missed = sum(answer is not right for answer, right in zip(answers, question.right, strict=True))
        if missed and engine not in PEERS[1:]:
            wrong(f"{engine.NAME} misses {missed} of {len(answers)} answers to `{question.name}`")
        verdicts[engine.NAME] = f"wrong {missed:,} of {len(answers):,}" if missed else "right"
        candidates[engine.NAME] = prepared.seconds
    seconds = interleaved(candidates, rounds=rounds)
    asked = len(question.asks)
    ranked = sorted(engines, key=lambda engine: seconds[engine.NAME])
    return [
        (
            question.name,
            engine.NAME,
            f"`{engine.CALL}`",
            verdicts[engine.NAME],
            f"{asked / seconds[engine.NAME]:,.0f}",
            *(_faster(seconds, engine, ours) for ours in (ours_words, ours_columns)),
        )
        for engine in ranked
    ]


def _faster(seconds: dict[str, float], engine: adapter.Peer, ours: adapter.Peer) -> str:
    known = engine not in OURS and ours.NAME in seconds
    return times(seconds[engine.NAME] / seconds[ours.NAME]) if known else "–"


if __name__ == "__main__":
    main()
