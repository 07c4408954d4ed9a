"""The administrator's page names the source's department and how to reach it."""

from __future__ import annotations

from dashboard.config.model import Config
from dashboard.config.registry import Registry
from layouts import sources
from tests.live import samples


def test_a_source_names_its_department_and_the_departments_contact(config: Config) -> None:
    departments = tuple(
        d.model_copy(update={"contact": "(021) 555-0100"}) if d.abbr == "Diskominfo" else d for d in config.departments
    )
    known = Registry(config.model_copy(update={"departments": departments}))
    told = str(sources.layout(samples.documents(config), known, "id").to_plotly_json())
    assert "Diskominfo · (021) 555-0100" in told
    assert "DPMPTSP'" in told, "a department without a contact is its name alone"
