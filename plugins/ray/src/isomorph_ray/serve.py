"""The server of isomorph as a deployment of Ray Serve, whose replicas each hold all of its models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ray import serve

from isomorph.errors import InputError
from isomorph_ray.holder import limit_threads
from isomorph_server.app import build
from isomorph_server.keys import known
from isomorph_server.limits import Limits
from isomorph_server.shelf import Named, Shelf


def deployment(
    models: Sequence[str],
    *,
    name: str = "isomorph",
    limits: Limits | None = None,
    keys: Sequence[str] = (),
    replicas: int | tuple[int, int] = 1,
    busy: float = 8.0,
    num_cpus: float = 1,
    num_gpus: float = 0,
    threads: int | None = None,
    model_arguments: Mapping[str, Any] | None = None,
    **options: Any,
) -> Any:
    """An application for `ray.serve.run`: all routes of ``isomorph serve``, in forwards shared by requests.

    A replica takes requests when each of its models has made a vector. Requests beyond ``limits.concurrent``
    of a replica wait in Ray Serve's proxy, or are refused there with ``max_queued_requests``.

    Args:
        models: folders or names that every node finds, or ``NAME=FOLDER``.
        name: of the deployment.
        limits: bounds of requests, for each replica.
        keys: what clients must send as ``Authorization: Bearer KEY``, one of them; they are part of the
            deployment.
        replicas: how many, or the least and the most, between which Ray Serve scales.
        busy: requests under way of a replica that Ray Serve aims at where it scales.
        num_cpus: CPUs of a replica.
        num_gpus: GPUs of a replica.
        threads: CPU threads of a replica; None for its CPUs.
        model_arguments: of `isomorph.load_model`, such as ``{"backend": "onnx"}``.
        **options: of `ray.serve.deployment`, such as ``max_queued_requests``.

    Raises:
        InputError: no model, or keys or numbers that cannot be. What goes wrong in a replica stands in
            its log.
    """
    bounds = (replicas, replicas) if isinstance(replicas, int) else tuple(replicas)
    if isinstance(models, str) or not models:
        raise InputError(f"models must be a list of at least one folder or name, not {models!r}.")
    if len(bounds) != 2 or not 0 <= bounds[0] <= bounds[1] or bounds[1] < 1:
        raise InputError(f"replicas must be a number, or the least and the most, not {replicas!r}.")
    known(keys)
    bound, own_keys = limits or Limits(), tuple(keys)
    named, arguments = tuple(models), dict(model_arguments or {})
    own = max(1, int(num_cpus)) if threads is None else threads

    def application() -> Any:
        """What a replica serves, made in its process."""
        limit_threads(own)
        shelf = Shelf([Named.of(each) for each in named], bound, **arguments)
        return build(shelf, bound, keys=own_keys)

    made = serve.deployment(serve.ingress(application)())
    scaled: Mapping[str, Any] = {"num_replicas": bounds[0]}
    if bounds[0] != bounds[1]:
        least, most = bounds
        scaled = {
            "autoscaling_config": {
                "min_replicas": least,
                "max_replicas": most,
                "target_ongoing_requests": busy,
            }
        }
    return made.options(
        name=name,
        max_ongoing_requests=bound.concurrent,
        ray_actor_options={"num_cpus": num_cpus, "num_gpus": num_gpus},
        **{**scaled, **options},
    ).bind()
