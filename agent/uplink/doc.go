// Package uplink is the agent's one connection to its server: an outbound
// websocket on which both sides prove who they are inside TLS.
//
// It has two layers. Dialer and Session are the protocol's client without a
// goroutine or a timer of their own, lean enough for thousands in one process.
// Uplink keeps one such session up for as long as the agent runs: it comes back
// after sleep, network changes and server restarts, sends health, and delivers
// what stands in the outbox.
package uplink
