"""What the spiders understand after ``-a``: one pydantic model each."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator


def _listed(value: Any) -> Any:
    """``"a, b"`` → ``["a", "b"]``."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Names = Annotated[list[str], BeforeValidator(_listed)]


class JobArgs(BaseModel):
    """Arguments every spider has: Scrapyd adds ``_job`` and ``_version`` to every run."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    resume: str = Field("", description="a run's id, or 'latest': go on with an unfinished run")
    once: Literal["", "day", "month"] = Field(
        "", description="for schedules: go on with this day's or month's run, begin it, or leave it when it is done"
    )
    job: str = Field("", alias="_job", description="Scrapyd's job id")
    version: str = Field("", alias="_version", description="Scrapyd's project version")

    @field_validator("once")
    @classmethod
    def _alone(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("resume"):
            raise ValueError("cannot be given together with resume")
        return value

    @property
    def urgent(self) -> bool:
        """True for jobs that name hosts or findings: somebody waits for them, so they get servers before others."""
        return bool(getattr(self, "hosts", None) or getattr(self, "findings", None))

    def lasting(self) -> dict[str, Any]:
        """The arguments that make two runs the same job, as stored in ``runs.args``."""
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in self.model_dump(exclude={"resume", "once", "job", "version"}).items()
            if value not in (None, "", [])
        }


class DeepArgs(JobArgs):
    """``scrapy crawl deep``."""

    units: Names = Field(default_factory=list, description="unit codes, comma-separated; default: all")
    hosts: Names = Field(default_factory=list, description="hosts of the register, comma-separated")
    urls: Path | None = Field(None, description="a file with one URL a line: pages to begin with")
    max_pages: int | None = Field(None, ge=1, description="pages a host; default RASOAT_MAX_PAGES")


class RecheckArgs(JobArgs):
    """``scrapy crawl recheck``."""

    findings: Names = Field(default_factory=list, description="ids of findings, comma-separated; default: all")
    hosts: Names = Field(default_factory=list, description="hosts, comma-separated")
    units: Names = Field(default_factory=list, description="unit codes, comma-separated")
    fixed_days: int | None = Field(
        None, ge=0, le=3650, description="look at what was fixed in so many days; default 180"
    )


class DiscoverArgs(JobArgs):
    """``scrapy crawl discover``."""

    zones: Names = Field(default_factory=list, description="zones to search, comma-separated; default: the authority's")
    probe: bool = Field(True, description="false: stop after DNS, before any connection to a found host")
    review: bool = Field(False, description="true: review live hosts inside the authority's zones too")

    def lasting(self) -> dict[str, Any]:
        """As for every job; what is not said counts as its default."""
        return {name: value for name, value in super().lasting().items() if value is not False or name == "probe"}
