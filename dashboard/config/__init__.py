"""The room's configuration: strict models, the loader that names lines, registries; never reads a source."""
