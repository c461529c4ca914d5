// Package report defines the help desk's figures, and computes them: how soon
// somebody answers, how long a solution takes, how often it does not hold.
//
// Each figure has one definition, over the history of a ticket, in words and as
// code. Facts is what of a history the figures need; it is kept beside the tickets
// and is made again from the history whenever that grows.
package report
