"""A red line rests on words that were surely heard; doubtful ones go to a human."""

from qa_analyzer.calls.call import Call, GivenTurn, Role
from qa_analyzer.scoring.call_view import _surely_heard, words_in
from qa_analyzer.speech.given_text import transcript_from_turns
from qa_analyzer.speech.transcript import Turn, Word


def turn(*probabilities: float) -> Turn:
    text = "教训你一顿"
    words = tuple(
        Word(char, index * 0.2, index * 0.2 + 0.2, probability)
        for index, (char, probability) in enumerate(zip(text, probabilities, strict=True))
    )
    return Turn(0, Role.AGENT, text, start_s=0.0, end_s=1.0, words=words)


def test_words_behind_a_quote_are_found() -> None:
    assert [word.text for word in words_in(turn(1, 1, 1, 1, 1), 1, 3)] == ["训", "你"]


def test_sure_words_count_and_doubtful_ones_do_not() -> None:
    assert _surely_heard(words_in(turn(0.9, 0.8, 0.9, 0.9, 0.9), 0, 5))
    assert not _surely_heard(words_in(turn(0.2, 0.8, 0.9, 0.1, 0.1), 0, 3))


def test_text_calls_are_taken_at_their_word() -> None:
    given = transcript_from_turns(Call("c", given_turns=(GivenTurn(Role.AGENT, "教训你"),)))
    assert _surely_heard(words_in(given.turns[0], 0, 3))
