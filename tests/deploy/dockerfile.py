"""What the Dockerfile says, and its building by hand on a machine of the tests."""

import json
import os
import re
import shlex
from pathlib import Path

from tests.support.machine import PATH, Machine
from tests.support.service import PROJECT

DOCKERFILE = PROJECT / "deploy" / "Dockerfile"
IGNORED = (PROJECT / ".dockerignore").read_text().splitlines()
# How this machine reaches the registry, which the builder of an image is told in its own way.
REGISTRY = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}


def instructions() -> list[tuple[str, str]]:
    """Each instruction's name, and what follows it on one line."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines if line]


def last(word: str) -> str:
    """What the last instruction of this name says."""
    return [said for name, said in instructions() if name == word][-1]


def environment() -> dict[str, str]:
    """What ENV sets, and the base's PATH."""
    return {"PATH": PATH, **dict(pair.split("=", 1) for pair in shlex.split(last("ENV")))}


def command() -> str:
    """What a container runs."""
    return shlex.join([*json.loads(last("ENTRYPOINT")), *json.loads(last("CMD"))])


def health_check() -> list[str]:
    """What HEALTHCHECK runs."""
    said = last("HEALTHCHECK")
    return list(json.loads(said[said.index("[") :]))


def uid() -> int:
    """Who it runs as."""
    return int(last("USER").partition(":")[0])


def context() -> list[Path]:
    """What .dockerignore lets into an image, relative to the project."""
    assert "*" in IGNORED
    return [Path(line[1:]) for line in IGNORED if line.startswith("!")]


def build(machine: Machine) -> None:
    """Run each RUN and copy what each COPY does, in one file system, since no stage needs two."""
    for name, said in instructions():
        if name == "RUN":
            machine.run(said, **REGISTRY)
        elif name == "COPY" and not said.startswith("--from"):
            source, target = said.split()
            for path in context() if source == "." else [Path(source)]:
                into = Path(target) / (path if source == "." else path.name)
                machine.copy(PROJECT / path, str(into))
