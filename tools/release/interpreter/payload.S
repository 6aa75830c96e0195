/* What the program holds besides the interpreter: see start.c.  PAYLOAD is its name, which has its hash in it: zig takes an object
 * from its cache if only the file has changed. */
	.section .rodata.payload, "a", %progbits
	.globl payload_begin, payload_end
	.hidden payload_begin, payload_end
	.balign 64
payload_begin:
	.incbin PAYLOAD
payload_end:
	.balign 4
	.section .note.GNU-stack, "", %progbits
