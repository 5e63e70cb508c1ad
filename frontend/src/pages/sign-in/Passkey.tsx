import { Button } from '@mantine/core'
import { IconFingerprint } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { api, read } from '@/api/client'
import { signWithPasskey } from '@/features/session/passkeys'
import type { OnAnswer } from './submit'

/** Sign-in with a passkey, alone or as the second factor: nothing else is asked after it. */
export function usePasskey(onAnswer: OnAnswer) {
  return useMutation({
    mutationFn: async () => {
      const { options, ticket } = await read(api.POST('/api/auth/passkey/options'))
      return read(api.POST('/api/auth/passkey', { body: { ticket, credential: await signWithPasskey(options) } }))
    },
    onSuccess: onAnswer,
  })
}

export function PasskeyButton({ passkey }: { passkey: ReturnType<typeof usePasskey> }) {
  return (
    <Button
      variant="default"
      size="md"
      fullWidth
      leftSection={<IconFingerprint size={18} aria-hidden />}
      loading={passkey.isPending}
      onClick={() => passkey.mutate()}
    >
      Use a passkey
    </Button>
  )
}
