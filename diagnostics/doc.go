// Package diagnostics is the vocabulary of an endpoint's state: the Snapshot that
// probe reads, the Sample that is measured every few seconds, and the Finding
// that says what is wrong. Judge turns a snapshot into findings, Score a sample
// and findings into a number with reasons.
//
// Everything here is a value or a pure function: no clock, no files, no network.
// So a snapshot that was recorded years ago can be judged again by newer rules,
// on the endpoint, on the server or in a test.
package diagnostics
