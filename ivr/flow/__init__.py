"""The flow language: what a supervisor writes, from YAML to steps that can run. See docs/flow-language.md."""
