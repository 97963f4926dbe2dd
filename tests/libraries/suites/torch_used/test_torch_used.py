"""Its threads have computed before workers are forked."""

import pytest
import torch

torch.set_num_threads(2)
matrix = torch.arange(400.0 * 400).reshape(400, 400) % 7
product = torch.sin(matrix) @ matrix


@pytest.mark.parametrize("number", range(4))
def test_the_product_is_the_same(number):
    assert torch.equal(torch.sin(matrix) @ matrix, product)
    (matrix.clone().requires_grad_() ** 2).sum().backward()
