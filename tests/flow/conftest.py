# SPDX-License-Identifier: Apache-2.0
"""A platform per test file."""

import pytest

from support.flow import Flow


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    flow = Flow(tmp_path_factory.mktemp("flow"))
    yield flow
    flow.platform.stop()


@pytest.fixture
def files_left(flow):
    """A function that tells which entries of the flow's folder are new since the test began."""
    before = set(flow.folder.iterdir())
    return lambda: {path.name for path in set(flow.folder.iterdir()) - before}
