"""The list of request features: each is one a gateway can take, and none is found where it is not."""

import copy
from typing import Any, get_args

import pytest

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.losses import Action, Losses
from ccr_middleware.pairing import pair_tools
from ccr_middleware.testing.fate import Fate, Feature, fate, is_carried
from ccr_middleware.testing.features import BASE, FEATURES

each_feature = pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)


def pivot(request: dict[str, Any], losses: Losses) -> Any:
    return to_unified(request, losses)


def test_there_are_enough_and_no_two_of_one_name() -> None:
    names = [feature.name for feature in FEATURES]
    assert len(names) == len(set(names)) >= 27


@each_feature
def test_it_is_a_request_a_client_could_send(feature: Feature) -> None:
    for request in (feature.request, feature.plain):
        before = copy.deepcopy(request)
        losses = Losses()
        pair_tools(to_unified(request, Losses())["messages"], losses)
        assert not len(losses)
        assert request == before
    assert feature.request != feature.plain
    assert feature.about


@each_feature
def test_it_is_seen_in_the_request_itself_and_not_without_it(feature: Feature) -> None:
    assert is_carried(feature, feature.request, feature.plain)
    if feature.name != "tool_choice.auto":  # marked by the tool, since it is what happens anyway
        assert not is_carried(feature, feature.plain, feature.plain)


@each_feature
def test_the_pivot_carries_or_reports_it(feature: Feature) -> None:
    found = fate(feature, pivot)
    assert found.kind != "lost"
    assert bool(found.losses) == (found.kind in get_args(Action))


@each_feature
def test_a_body_without_anything_has_lost_it(feature: Feature) -> None:
    assert fate(feature, lambda request, losses: BASE["messages"]).kind == "lost"


def test_the_worst_that_is_reported_counts() -> None:
    def build(request: dict[str, Any], losses: Losses) -> Any:
        losses.add("always", "dropped")
        if "system" in request:
            losses.add("system", "clamped")
            losses.add("system", "emulated")
        return request

    found = fate(next(feature for feature in FEATURES if feature.name == "system.text"), build)
    assert found.kind == "emulated"
    assert [loss.feature for loss in found.losses] == ["system", "system"]
    assert fate(next(feature for feature in FEATURES if feature.name == "top_k"), build) == Fate("carried")
