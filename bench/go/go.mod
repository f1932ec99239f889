module waylay.dev/bench

go 1.22
