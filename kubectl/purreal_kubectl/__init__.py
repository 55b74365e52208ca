"""`kubectl purreal`: starts, follows and compares load tests on a cluster, for people and CI."""
