"""Is a checkpoint loaded whole or not at all, and does the error say what does not fit?"""

import pickle

import pytest
import torch

from course_utils.models.alexnet import AlexNet
from course_utils.models.checkpoint import load_checkpoint


def network():
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))


def other(seed=1):
    torch.manual_seed(seed)
    return {name: torch.rand(value.shape) for name, value in network().state_dict().items()}


def test_a_file_is_loaded(tmp_path):
    """Does a network with the file's numbers answer as the one that was saved?"""
    torch.manual_seed(0)
    saved, fresh = AlexNet(3, columns=1, divisor=16), AlexNet(3, columns=1, divisor=16)
    path = tmp_path / "alexnet.pth"
    torch.save(saved.state_dict(), path)
    x = torch.randn(1, 3, 224, 224)
    assert not torch.equal(saved.eval()(x), fresh.eval()(x))
    assert load_checkpoint(fresh, path) is fresh
    assert torch.equal(saved(x), fresh(x))


def test_numbers_take_the_networks_type():
    """Does a network in double precision stay so?"""
    loaded = load_checkpoint(network().double(), other())
    assert loaded[0].weight.dtype == torch.float64
    torch.testing.assert_close(loaded[0].weight.float(), other()["0.weight"])


def test_counters_may_be_missing():
    """Does a checkpoint that is older than PyTorch's batch counters load?"""
    state = {name: v for name, v in other().items() if "num_batches" not in name}
    torch.testing.assert_close(load_checkpoint(network(), state)[0].bias, state["0.bias"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda state: state.pop("0.bias"), "missing: 0.bias"),
        (lambda state: state.update(extra=torch.zeros(1)), "unexpected: extra"),
        (lambda state: state.update({"0.bias": torch.zeros(1)}), r"\(1,\) where \(4,\) is due"),
        (lambda state: state.update({"0.weight": state["0.weight"].T}), r"\(3, 4\) where \(4, 3\)"),
        (lambda state: state.update({"0.bias": 3}), "0.bias is a int"),
        (
            lambda state: state.update({"0.biases": state.pop("0.bias")}),
            r"0\.bias \(did you mean '0\.biases'\?\)",
        ),
        (lambda state: state.clear(), "missing: 0.weight, 0.bias"),
        (lambda state: state.update({str(i): 0 for i in range(9, 29)}), "and 10 more"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_changed(change, says):
    """Is the network as it was after a checkpoint that does not fit?"""
    mine, state = network(), other()
    before = {name: value.clone() for name, value in mine.state_dict().items()}
    change(state)
    with pytest.raises(ValueError, match=says):
        load_checkpoint(mine, state)
    for name, value in mine.state_dict().items():
        assert torch.equal(value, before[name])


def test_all_problems_are_told_at_once():
    """Does one error list what is missing, unexpected and of another shape?"""
    state = other()
    state.pop("0.bias")
    state |= {"extra": torch.zeros(1), "1.weight": torch.zeros(9)}
    with pytest.raises(ValueError, match=r"(?s)missing.*unexpected.*of another shape"):
        load_checkpoint(network(), state)


class Harmful:
    """Would run code when it is unpickled."""

    def __reduce__(self):
        return (print, ("run",))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no checkpoint"),
        lambda path: path.write_bytes(pickle.dumps(Harmful(), protocol=2)),
        lambda path: torch.save([1, 2], path),
        lambda path: torch.save({"0.weight": Harmful()}, path),
    ],
)
def test_a_file_that_is_none_is_refused(write, tmp_path, capsys):
    """Is there an error that names the file, and is nothing in it run?"""
    path = tmp_path / "file.pth"
    write(path)
    with pytest.raises(ValueError, match=r"file\.pth"):
        load_checkpoint(network(), path)
    assert "run" not in capsys.readouterr().out


def test_a_truncated_file_is_refused(tmp_path):
    """Is half a file no checkpoint?"""
    path = tmp_path / "half.pth"
    torch.save(other(), path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ValueError, match=r"half\.pth is no checkpoint"):
        load_checkpoint(network(), path)


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    """Is a wrong path not taken for a broken file?"""
    with pytest.raises(FileNotFoundError):
        load_checkpoint(network(), tmp_path / "nothing.pth")
