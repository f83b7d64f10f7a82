"""Is the embedding right? PyTorch, differences and one-hot rows are asked."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.embedding import embedding_backward, embedding_forward

INDICES = [
    np.array(3),
    np.array([0, 0, 0, 6, 0]),
    np.array([[1, 6, 1], [4, 1, 0]], np.int8),
    np.array([[[5]], [[5]]], np.uint32),
]
each_index = pytest.mark.parametrize("indices", INDICES, ids=lambda value: str(value.shape))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@each_index
def test_output_and_gradient_are_pytorchs(indices, dtype):
    """Does the pair agree with torch for indices of any shape and type, with repeats?"""
    rng = np.random.default_rng(0)
    table = rng.standard_normal((7, 4)).astype(dtype)
    dout = rng.standard_normal((*indices.shape, 4)).astype(dtype)
    out, cache = embedding_forward(table, indices)
    dtable = embedding_backward(dout, cache)
    tensor = torch.tensor(table, requires_grad=True)
    expected = torch.nn.functional.embedding(torch.tensor(indices.astype(np.int64)), tensor)
    (gradient,) = torch.autograd.grad(expected, tensor, torch.tensor(dout))
    assert out.dtype == dtable.dtype == dtype
    np.testing.assert_array_equal(out, expected.detach().numpy())
    tolerance = 1e-14 if dtype == np.float64 else 1e-6
    np.testing.assert_allclose(dtable, gradient.numpy(), rtol=tolerance, atol=tolerance)


@each_index
def test_gradients_are_differences(indices):
    """Do central differences give the gradient with respect to the table?"""
    table = np.random.default_rng(1).standard_normal((7, 3))
    rng = np.random.default_rng(2)
    gradcheck(
        lambda t: embedding_forward(t, indices), embedding_backward, {"table": table}, rng=rng
    )


@given(indices=arrays(np.int64, array_shapes(max_dims=3, max_side=5), elements=st.integers(0, 4)))
def test_a_look_up_is_a_product_with_one_hot_rows(indices):
    """Do look-up and its gradient equal the dense layer that they stand for?"""
    table = np.arange(15.0).reshape(5, 3)
    one_hot = np.eye(5)[indices]
    out, cache = embedding_forward(table, indices)
    np.testing.assert_array_equal(out, one_hot @ table)
    dout = np.sin(np.arange(out.size)).reshape(out.shape)
    expected = one_hot.reshape(-1, 5).T @ dout.reshape(-1, 3)
    np.testing.assert_allclose(embedding_backward(dout, cache), expected, atol=1e-13)


def test_layout_write_protection_and_repetition_do_not_matter():
    """Are odd and read-only arrays taken, and does a second backward pass say the same?"""
    rng = np.random.default_rng(3)
    table, dout = rng.standard_normal((7, 4)), rng.standard_normal((2, 3, 4))
    out, cache = embedding_forward(table, INDICES[2])
    dtable = embedding_backward(dout, cache)
    for lay in (np.asfortranarray, strided):
        odd = [lay(value) for value in (table, INDICES[2], dout)]
        for value in odd:
            value.flags.writeable = False
        odd_out, cache = embedding_forward(odd[0], odd[1])
        np.testing.assert_array_equal(odd_out, out)
        for _ in range(2):
            np.testing.assert_array_equal(embedding_backward(odd[2], cache), dtable)


def test_the_output_is_a_copy():
    """May the caller write into the vectors without changing the table?"""
    table = np.zeros((2, 3))
    embedding_forward(table, np.array([0, 1]))[0][:] = 7
    np.testing.assert_array_equal(table, 0)


def test_narrow_indices_do_not_overflow():
    """Does row 100 of a table receive its gradient when its number is held in eight bits?"""
    _, cache = embedding_forward(np.ones((120, 3)), np.array([100], np.int8))
    dtable = embedding_backward(np.ones((1, 3)), cache)
    np.testing.assert_array_equal(dtable[:, 0], np.arange(120) == 100)


def test_no_words_give_no_vectors():
    """Do an empty look-up and its gradient work?"""
    out, cache = embedding_forward(np.ones((2, 3)), np.zeros((4, 0), int))
    assert out.shape == (4, 0, 3)
    np.testing.assert_array_equal(embedding_backward(out, cache), np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("table", "indices", "names"),
    [
        (np.ones(3), np.array([0]), r"table must have shape \(V, D\), got \(3,\)"),
        (np.ones((3, 2)), np.array([0.0]), "indices must be integers, got float64"),
        (np.ones((3, 2)), np.array([True]), "indices must be integers, got bool"),
        (np.ones((3, 2)), np.array([1, 3]), r"indices must lie in 0..2, .* got 1..3"),
        (np.ones((3, 2)), np.array([2, -1]), r"indices must lie in 0..2, .* got -1..2"),
    ],
)
def test_bad_input_is_refused_by_name(table, indices, names):
    """Does the error name the argument and its range, for negative indices too?"""
    with pytest.raises(ValueError, match=names):
        embedding_forward(table, indices)
