import { Page } from '@/components/Page'

export default function Model() {
  return <Page title="Model">{null}</Page>
}
