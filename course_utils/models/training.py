"""Train a classifier as AlexNet was trained: momentum, weight decay, a rate that falls."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def train(
    network: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    epochs: int,
    rate: float,
    seed: int,
    batch: int = 64,
    momentum: float = 0.9,
    weight_decay: float = 5e-4,
) -> list[float]:
    """Train by stochastic gradient descent and return the mean loss of each epoch.

    The rate falls to 0 along half a cosine. Batches and dropout follow from the seed; PyTorch's own
    random state is left as it was.

    Parameters
    ----------
    network : nn.Module
        Returns the scores (N, K). It is trained in place.
    x : (N, ...)
    y : (N,)
        The classes, from 0.
    epochs : int
    rate : float
        At the start.
    seed : int
    batch : int
        Inputs in a batch.
    momentum, weight_decay : float
        Those of :cite:`krizhevsky2012imagenet`, if left out.

    References
    ----------
    Section 5 of :cite:`krizhevsky2012imagenet`; the cosine is that of :cite:`loshchilov2017sgdr`.
    """
    optimizer = torch.optim.SGD(
        network.parameters(), lr=rate, momentum=momentum, weight_decay=weight_decay
    )
    steps = epochs * -(-len(x) // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    losses = []
    network.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for _ in range(epochs):
            total = 0.0
            for rows in torch.randperm(len(x)).split(batch):
                loss = functional.cross_entropy(network(x[rows]), y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                total += loss.item() * len(rows)
            losses.append(total / len(x))
    return losses


def accuracy(network: nn.Module, x: Tensor, y: Tensor) -> float:
    """Return the share of inputs (N, ...) whose highest score is that of their class (N,)."""
    network.eval()
    with torch.no_grad():
        hits: Tensor = network(x).argmax(dim=1) == y
    return hits.double().mean().item()
