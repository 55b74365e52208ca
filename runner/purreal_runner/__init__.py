"""The load-test runner: documents, workloads, measuring, judging, reports and the command line."""
