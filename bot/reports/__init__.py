"""Reports: exports of submissions, forums and the audit log."""
