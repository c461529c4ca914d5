//go:build !linux

package main

import "context"

// trim leaves memory to the system, which here counts a program's file differently.
func trim(context.Context) {}
