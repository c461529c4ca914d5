package store

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
)

// TestTogether has many ask while a first asking is under way: they are served by one
// call, which began after the last of them had asked, and none before it was done.
func TestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls [][]string
		let := make(chan struct{})
		x := together{}
		x.do = func(ids []string) {
			<-let
			calls = append(calls, ids)
		}
		served := make(chan string, 11)
		ask := func(id string) {
			x.ask([]string{id})
			served <- id
		}
		go ask("first")
		synctest.Wait()
		for i := range 10 {
			go ask(strconv.Itoa(i))
		}
		synctest.Wait()
		if len(served) > 0 {
			t.Fatalf("%s was served before anything was done", <-served)
		}
		let <- struct{}{}
		synctest.Wait()
		if len(served) != 1 || <-served != "first" {
			t.Fatal("those who came later were served by what had begun before")
		}
		let <- struct{}{}
		synctest.Wait()
		if len(served) != 10 {
			t.Fatalf("%d of 10 were served", len(served))
		}
		if len(calls) != 2 {
			t.Fatalf("%d calls: %v", len(calls), calls)
		}
		slices.Sort(calls[1])
		if got := fmt.Sprint(calls[1]); got != "[0 1 2 3 4 5 6 7 8 9]" {
			t.Errorf("the second call was for %s", got)
		}
		go ask("again")
		let <- struct{}{}
		synctest.Wait()
		if len(served) != 11 {
			t.Error("whoever asks after a pause is not served")
		}
	})
}
