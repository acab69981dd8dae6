"""Stage 9: a head over the encoder's token vectors says which sentence answers, or that none does.

    python -m training.answering --model models/wenju-bilingual --work DIR --minutes 60

With `--onward 0.3` the folder's head goes on, from that part of the peak rate: for more questions, or for
the tokens of another question tower.

Each question is read with the passage that it was written for and with near ones of others, in either
language; the right answer is one of all their sentences, or nothing: for a near miss, and where the
sentence that answers was taken out (as SQuAD 2.0 asks it: Rajpurkar, Jia and Liang, ACL 2018).
"""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch import nn

from index.answering import HEAD_DIM, TOKENS_READ
from index.encoder import ANSWER_HEAD, load_encoder
from training.distil import set_up
from training.examples import NOTHING, Asked, Examples, Passage, read_examples
from training.options import Minutes, Threads, Work
from training.steps import Steps
from training.student import LATE_DIM

log = logging.getLogger(__name__)

SEED = 26
WRITTEN = Path(__file__).with_name("written")
WIDTH = 192
LAYERS = 2
SCALE_MOST = 8.0  # of a match in the logits of the last attention head, to begin with; of the first, 0
NEAR_READ = 2  # passages beside the question's own
TAKEN_OUT = 0.3  # of answered questions read without the sentence that answers
GROUPS = 4  # questions a worker reads at once
BLOCK = 1024  # questions among which those of one length go together
PEAK_RATE = 1e-3
WARM_STEPS = 200
SAVED_SECONDS = 300
MEASURED = 500  # held-out questions
FAR = -1e4  # the logit of what is not there


class Layer(nn.Module):
    """Attention by what is learned and by how tokens match, then each token alone."""

    def __init__(self) -> None:
        """Attention heads begin with different trust in the matches."""
        super().__init__()
        self.norm, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attend, self.mix = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.widen, self.narrow = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)
        self.scale = nn.Parameter(torch.linspace(0, SCALE_MOST, WIDTH // HEAD_DIM))

    def forward(self, states: torch.Tensor, matches: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
        """States (rows, tokens, width), matches (rows, tokens, tokens), and which tokens there are."""
        rows, tokens, _ = states.shape
        made = self.attend(self.norm(states)).view(rows, tokens, 3, -1, HEAD_DIM)
        query, key, value = made.permute(2, 0, 3, 1, 4)
        logits = (query @ key.transpose(2, 3)).float() / HEAD_DIM**0.5
        logits = logits + self.scale[:, None, None] * matches[:, None]
        weights = logits.masked_fill(~inside[:, None, None, :], FAR).softmax(3).to(value.dtype)
        states = states + self.mix((weights @ value).transpose(1, 2).reshape(rows, tokens, WIDTH))
        return states + self.narrow(self.widen(self.norm2(states)).relu())


@dataclass(frozen=True)
class Batch:
    """Padded rows of a question and a passage each.

    `asked` and `said` are token vectors, `of_asked` which tokens of questions there are, `sentence` the
    number of each passage token's sentence, TITLE before the first; `of_said` as `of_asked`.
    """

    asked: torch.Tensor
    said: torch.Tensor
    of_asked: torch.Tensor
    of_said: torch.Tensor
    sentence: torch.Tensor


class Network(nn.Module):
    """The answer head."""

    def __init__(self) -> None:
        """Its parameters are the arrays of `index.answering.AnswerHead`."""
        super().__init__()
        self.asked, self.said = nn.Linear(LATE_DIM, WIDTH), nn.Linear(LATE_DIM, WIDTH)
        self.places = nn.Parameter(0.02 * torch.randn(TOKENS_READ, WIDTH))
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.pooled, self.answers = nn.Linear(2 * WIDTH, WIDTH), nn.Linear(WIDTH, 1)

    def forward(self, batch: Batch) -> torch.Tensor:
        """The log odds of each sentence, shape (rows, sentences); FAR where there is none."""
        questions = batch.asked.shape[1]
        first = self.asked(batch.asked) + self.places[:questions]
        states = torch.cat([first, self.said(batch.said)], dim=1)
        matches = torch.zeros(len(states), states.shape[1], states.shape[1])
        matches[:, :questions, questions:] = batch.asked @ batch.said.transpose(1, 2)
        matches = matches + matches.transpose(1, 2)
        inside = torch.cat([batch.of_asked, batch.of_said], dim=1)
        for layer in self.layers:
            states = layer(states, matches, inside)
        states = self.norm(states[:, questions:]).float()
        # One row a sentence, shape (rows, sentences, tokens): which tokens are its own.
        sentences = torch.arange(int(batch.sentence.max()) + 1)
        own = (batch.sentence[:, None, :] == sentences[:, None]) & batch.of_said[:, None, :]
        count = own.sum(2)
        mean = own.float() @ states / count.clamp(min=1)[:, :, None]
        place = batch.sentence.clamp(min=0)[:, :, None].expand_as(states)
        lowest = states.masked_fill(~own.any(1)[:, :, None], FAR)
        most = torch.full((len(states), len(sentences), WIDTH), FAR).scatter_reduce(1, place, lowest, "amax")
        hidden = self.pooled(torch.cat([most.masked_fill(count[:, :, None] == 0, 0.0), mean], dim=2)).relu()
        return self.answers(hidden)[:, :, 0].float().masked_fill(count == 0, FAR)


def without(passage: Passage, sentence: int) -> Passage:
    """The passage's tokens without those of one sentence."""
    kept = passage.sentence != sentence
    return Passage(passage.tokens[kept], passage.sentence[kept])


def batch_of(rows: Sequence[tuple[Asked, Passage]]) -> Batch:
    """Pads them."""
    asked, of_asked = _padded([question.tokens[:TOKENS_READ] for question, _ in rows])
    said, of_said = _padded([passage.tokens for _, passage in rows])
    sentence = torch.zeros(of_said.shape, dtype=torch.int64)
    for row, (_, passage) in enumerate(rows):
        sentence[row, : len(passage.sentence)] = torch.from_numpy(passage.sentence.astype(np.int64))
    return Batch(asked, said, of_asked, of_said, sentence)


def _padded(rows: Sequence[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(1, max(map(len, rows)))
    made = torch.zeros(len(rows), longest, LATE_DIM)
    inside = torch.zeros(len(rows), longest, dtype=torch.bool)
    for place, row in enumerate(rows):
        made[place, : len(row)] = torch.from_numpy(row.astype(np.float32))
        inside[place, : len(row)] = True
    return made, inside


@dataclass(frozen=True)
class Group:
    """A question, the passages it is read with, its own first, and the place of the answer in that."""

    question: Asked
    passages: tuple[Passage, ...]
    answer: int


def drawn(examples: Examples, rng: np.random.Generator, number: int) -> Group:
    """One question with its own passage in a language by chance, and some of the nearest others."""
    question = examples.questions[number]
    own = examples.passages[2 * question.record + int(rng.integers(2))]
    near = rng.choice(examples.near[number], NEAR_READ, replace=False)
    others = tuple(examples.passages[each] for each in near)
    if question.answer != NOTHING and rng.random() < TAKEN_OUT:
        return Group(question, (without(own, question.answer), *others), NOTHING)
    return Group(question, (own, *others), question.answer)


def batches(examples: Examples, rng: np.random.Generator) -> Iterator[list[Group]]:
    """All questions again and again, in another order each time, those of about one length together."""
    while True:
        order = rng.permutation(len(examples.questions))
        for first in range(0, len(order), BLOCK):
            block = [drawn(examples, rng, int(number)) for number in order[first : first + BLOCK]]
            block.sort(key=lambda group: max(len(passage.tokens) for passage in group.passages))
            tops = rng.permutation(np.arange(0, len(block), GROUPS))
            yield from (block[top : top + GROUPS] for top in tops.tolist())


def loss_of(network: Network, groups: Sequence[Group]) -> torch.Tensor:
    """Cross-entropy of the right sentence, or nothing, among those of all passages of a group."""
    batch = batch_of([(group.question, passage) for group in groups for passage in group.passages])
    with torch.autocast("cpu", torch.bfloat16):
        odds = network(batch).view(len(groups), -1)
    nothing = torch.zeros(len(groups), 1)
    right = torch.tensor([odds.shape[1] if g.answer == NOTHING else g.answer for g in groups])
    return nn.functional.cross_entropy(torch.cat([odds, nothing], dim=1), right)


def read(network: Network, file: Path) -> None:
    """Gives the network the arrays that `write` wrote."""
    with np.load(file) as arrays:
        network.load_state_dict({name: torch.from_numpy(arrays[name]).float() for name in arrays.files})


def write(network: Network, out: Path) -> None:
    """The arrays as the product reads them, aside and then into their place."""
    arrays = {name: tensor.half().numpy() for name, tensor in network.state_dict().items()}
    new = out.with_name("new-" + out.name)
    np.savez(new, **arrays)
    os.replace(new, out)


def measure(network: Network, held: Examples) -> str:
    """On held-out questions read with their own passage in its own language: is the right sentence best,
    and how often has an answered question a better one than a near miss (the area under the ROC curve).
    """
    chosen = np.random.default_rng(0).permutation(len(held.questions))[:MEASURED]
    right, best, answered = [], [], []
    with torch.no_grad():
        for number in chosen.tolist():
            question = held.questions[number]
            odds = network(batch_of([(question, held.passages[2 * question.record + number % 2])]))[0]
            best.append(float(odds.max()))
            answered.append(question.answer != NOTHING)
            if answered[-1]:
                right.append(int(odds.argmax()) == question.answer)
    yes, no = np.array(best)[answered], np.array(best)[~np.array(answered)]
    return f"right sentence {np.mean(right):.3f}, AUROC {(yes[:, None] > no).mean():.3f}"


def main(
    model: Annotated[Path, typer.Option(help="The exported encoder; its folder gets the head.")],
    work: Work,
    minutes: Minutes = 60.0,
    threads: Threads = 4,
    onward: Annotated[
        float, typer.Option(help="Go on from MODEL/answers.npz, at this part of the peak rate.", min=0, max=1)
    ] = 0,
) -> None:
    """Writes MODEL/answers.npz and WORK/answering.pt."""
    set_up(SEED)
    torch.set_num_threads(threads)
    encoder = load_encoder(str(model), judging=False)
    examples, held = read_examples(WRITTEN, encoder), read_examples(WRITTEN, encoder, held_out=True)
    log.info("%d questions, %d passages", len(examples.questions), len(examples.passages))
    torch.set_num_threads(1)
    network, path = Network(), work / "answering.pt"
    if onward:
        read(network, model / ANSWER_HEAD)
    rate = (PEAK_RATE * (onward or 1), WARM_STEPS)
    origin = f"{encoder.info.weights} {encoder.question_side} {len(examples.questions)} {onward}"
    steps = Steps(path, network, [*network.parameters()], origin, minutes, threads, rate)
    log.info("step %d: %s", steps.step, measure(network, held))
    drawing = batches(examples, np.random.default_rng(SEED + steps.step))
    saved, losses = time.time(), []
    while steps.left() > 0:
        parts = [next(drawing) for _ in range(threads)]
        losses.append(steps.update([partial(loss_of, network, part) for part in parts]))
        if time.time() - saved > SAVED_SECONDS:
            steps.save()
            write(network, model / ANSWER_HEAD)
            log.info("step %d, %.1f min, loss %.3f", steps.step, steps.seconds / 60, np.mean(losses))
            log.info("%s", measure(network, held))
            saved, losses = time.time(), []
    steps.save()
    write(network, model / ANSWER_HEAD)
    log.info("step %d: %s", steps.step, measure(network, held))


if __name__ == "__main__":
    typer.run(main)
