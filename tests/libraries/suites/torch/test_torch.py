import pytest
import torch

matrix = torch.arange(400.0 * 400).reshape(400, 400) % 7


@pytest.mark.parametrize("number", range(4))
def test_the_product_is_the_same(number):
    assert torch.equal(matrix @ matrix, matrix @ matrix)
    (matrix.clone().requires_grad_() ** 2).sum().backward()
