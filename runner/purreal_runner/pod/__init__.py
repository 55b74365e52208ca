"""The process in a runner pod: asks the operator, runs the pools, exports what they measured."""
