# Two commands on a fresh machine: `make demo` and `make test`. Both need Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
BIN := .venv/bin
OUT ?= out
DATA ?= ../shared/data
EVERY ?= 1
PHOTOS ?= $(BIN)/../lib/*/site-packages/skimage/data
unexport PYTHONDONTWRITEBYTECODE  # the tests start hundreds of Pythons: compiling everything for each costs 2 s
BROWSER := tests/test_workbench*.py --durations=3  # alone: a browser, a server and a worker share two cores
SUITE := -n auto --dist worksteal --ignore-glob='*test_workbench*.py'  # what fails in the crowd is run once more, alone
ONE := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1  # a process a core is enough

.PHONY: demo quick seconds test docs fix lock gallery bench corpus fuzz clean

demo: .venv/ready  ## four things made from pictures and a broken mesh, and a page that shows them
	$(BIN)/python examples/demo.py $(OUT)

quick: .venv/ready  ## between two thoughts: lint, types, the tests that a change touches or a core of two minutes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -n 2 || $(BIN)/mypy  # its workers give up on a machine that is too busy
	$(ONE) $(BIN)/python -m pytest -n auto --dist worksteal -q $$($(BIN)/python tests/touched.py)

seconds: .venv/ready  ## measure what each test file takes, for `make quick` to choose by
	$(ONE) MAQUETTE_SECONDS=tests/seconds.json $(BIN)/python -m pytest -n auto --dist worksteal -q

test: .venv/ready  ## every gate: lint, format, types, import floors, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -n 2 || $(BIN)/mypy
	$(BIN)/lint-imports
	$(ONE) $(BIN)/python -m pytest $(SUITE) || $(ONE) $(BIN)/python -m pytest --last-failed --last-failed-no-failures none -q
	$(ONE) $(BIN)/python -m pytest $(BROWSER) || $(ONE) $(BIN)/python -m pytest $(BROWSER) --last-failed  # a starved browser

docs: .venv/docs  ## the site, in out/site
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "out/site/index.html"

fix: .venv/ready  ## let the linter mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

gallery: .venv/ready  ## contact sheet of a folder of pictures: make gallery PHOTOS=folder
	$(BIN)/maquette gallery $(PHOTOS) -o $(OUT)/gallery.png

bench: .venv/ready .venv/bench  ## benchmarks against named peers
	for file in bench/*.py; do case $$file in *fuzz*|*all_photos*|*corpus*) ;; *) $(BIN)/python $$file;; esac; done

corpus: .venv/ready  ## does PrusaSlicer fill what we call solid? make corpus DATA=folder EVERY=10
	nice -n 5 $(BIN)/python bench/corpus.py $(DATA) --every $(EVERY) --log $(OUT)/corpus.jsonl

fuzz: .venv/ready  ## ten minutes of hostile bytes for every reader
	$(BIN)/python bench/fuzz.py --minutes 10

lock:  ## pin everything again after pyproject.toml changed
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --group dev \
	  --extra cluster --extra exr --extra heic --extra hosted --extra physics --extra quads --extra server --extra svg \
	  --extra usd pyproject.toml -o requirements.lock

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; assert sys.version_info >= (3, 11), 'Maquette needs Python 3.11 or newer'"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/bench: .venv/ready
	$(BIN)/python -m pip install -q --disable-pip-version-check trimesh meshio numpy-stl
	@touch $@

.venv/docs: .venv/ready
	$(BIN)/python -m pip install -q --disable-pip-version-check "mkdocs-material>=9.5,<10" "mkdocstrings[python]>=0.26"
	@touch $@

clean:
	rm -rf .venv out
