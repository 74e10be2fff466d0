"""The audit log: who did what when, without secrets; rows are only ever added."""
