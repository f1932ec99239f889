// Reads a kind configuration with kind's own parser and validator, for machines where kind itself cannot run.
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/kind/pkg/internal/apis/config/encoding"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: check <kind.yaml>")
		os.Exit(2)
	}
	cluster, err := encoding.Load(os.Args[1])
	if err == nil {
		err = cluster.Validate()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	fmt.Printf("kind accepts %d node(s), ip family %s, pods %s, services %s\n", len(cluster.Nodes),
		cluster.Networking.IPFamily, cluster.Networking.PodSubnet, cluster.Networking.ServiceSubnet)
}
