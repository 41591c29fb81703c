"""The order of the tests."""

FRAMEWORKS = ("test_torch.py", "test_jax.py", "pytorch.md", "jax.md")


def pytest_collection_modifyitems(items):
    """What runs PyTorch or JAX comes last: they start threads, beside which a fork may hang, and other tests fork."""
    items.sort(key=lambda item: any(name in item.nodeid for name in FRAMEWORKS))
