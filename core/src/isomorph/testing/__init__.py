"""The conformance kit: what a backend must pass, and tiny models to pass it with.

Binding a backend takes one class with one fixture:

    import pytest
    from isomorph.testing.suite import BackendTests

    class TestMine(BackendTests):
        @pytest.fixture
        def backend_name(self):
            return "mine"

or, on an installed backend, no code at all:

    pytest -p isomorph.testing.plugin --isomorph-backend mine --pyargs isomorph.testing.suite

    isomorph.testing.suite         the test class, one method a law
    isomorph.testing.asked         which models each law is asked about: numbers all, manners few
    isomorph.testing.claim_laws    the laws about claims
    isomorph.testing.session_laws  the laws about loaded models
    isomorph.testing.recipes       the catalogue of tiny models, as data
    isomorph.testing.models        writes them into folders, without any engine
    isomorph.testing.saboteurs     backends that each break one law; they test the kit
"""
