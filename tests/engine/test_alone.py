"""The engine alone: its folder in a fresh Django project, set up as its README says."""

import os
import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from pymongo import MongoClient

import djongo_engine

FOLDER = Path(djongo_engine.__file__).parent
PAGES = Path(__file__).with_name("alone")
KEYS = {
    "auto": "",
    "object id": "_id = models.ObjectIdField()",
}


class Project:
    """A project that `django-admin startproject` made, with the engine's folder in it."""

    def __init__(self, directory):
        self.directory = directory
        self.environment = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "shop.settings",
        }

    def run(self, *command):
        """Run Python with these arguments; return what it prints, and fail if it fails."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, done.stdout + done.stderr
        return done.stdout + done.stderr

    def manage(self, *command):
        return self.run("manage.py", *command)


def settings_in_readme(name, url):
    """The lines that the README says to add, for this database and server."""
    readme = (FOLDER / "README.md").read_text()
    (block,) = re.findall(r"```python\n(# settings\.py\n.*?)```", readme, re.DOTALL)
    return block.replace('"shop"', repr(name)).replace('"mongodb://127.0.0.1:27017/"', repr(url))


@pytest.fixture
def project(tmp_path, request):
    name = f"alone_{uuid.uuid4().hex[:8]}"
    project = Project(tmp_path)
    project.run("-m", "django", "startproject", "shop", ".")
    (tmp_path / "stock").mkdir()
    shutil.copytree(
        FOLDER, tmp_path / "djongo_engine", ignore=shutil.ignore_patterns("__pycache__")
    )
    with (tmp_path / "shop" / "settings.py").open("a") as settings:
        settings.write(settings_in_readme(name, os.environ["MONGO_URL"]))
        settings.write('INSTALLED_APPS += ["stock"]\n')
    models = (PAGES / "models.py").read_text().replace("# The key.", request.param)
    (tmp_path / "stock" / "models.py").write_text(models)
    for file in ("admin.py", "pages.py"):
        shutil.copy(PAGES / file, tmp_path / "stock" / file)
    yield project
    with MongoClient(os.environ["MONGO_URL"]) as client:
        client.drop_database(name)


@pytest.mark.parametrize("project", KEYS.values(), ids=KEYS, indirect=True)
def test_admin_of_a_fresh_project_works(project):
    project.manage("makemigrations", "stock")
    migrated = project.manage("migrate")
    assert "Applying stock.0001_initial... OK" in migrated
    assert "WARNINGS" not in migrated
    project.manage("shell", "-c", "import stock.pages")


def test_nothing_in_the_folder_speaks_of_the_project_around_it():
    names = r"make run|mongo_url|service_pwd|fastapi|requirements\.txt|docs/decisions|\.\./"
    texts = {path: path.read_text() for path in FOLDER.rglob("*") if path.suffix in (".py", ".md")}
    assert [path for path, text in texts.items() if re.search(names, text, re.IGNORECASE)] == []
