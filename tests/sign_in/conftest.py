# SPDX-License-Identifier: Apache-2.0
"""A platform with a published table and its people, per test file."""

import pytest

from support.flow import Flow
from support.tokens import State


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    flow = Flow(tmp_path_factory.mktemp("sign_in"))
    flow.state = State(flow.platform.gatekeeper_home)
    yield flow
    flow.platform.stop()
