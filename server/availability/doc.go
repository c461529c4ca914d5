// Package availability says of sites and services how much of a time they were well,
// how often and how long they were not, and how many machines had a problem meanwhile.
//
// Once a minute it looks at all of them and writes down what is so. What is in
// maintenance at that moment is taken out then, and counted apart. A minute in which
// nobody looked, as while the server was away, is unknown for ever: it is never up, and
// never down.
package availability
